#!/usr/bin/env bash
# Packs, publishes, installs and runs what users get: the engine's package in a program of its own, the llava tool, and the published program in a folder, on its own and as a single file.
# All of them answer the same question about the same image, and give the same answer. Needs a Release build; takes a minute or two.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
model=$PWD/trainer/Quickstart/base
image=$PWD/tests/reference/images/photo.jpg
question="What color is the shape?"
locks=$(cat ./*/packages.lock.json bench/Gpu/packages.lock.json | sha256sum)

fail() { echo "package-check: $1" >&2; exit 1; }
bytes() { du -sb "$1" | cut -f1; }
expect() { # name, actual, expected
    [ "$2" = "$3" ] || fail "$1 is '$2'; expected '$3'"
}
in_nuspec() { # package, text
    grep -qF -- "$2" <<< "$(unzip -p "$1" '*.nuspec')" || fail "$(basename "$1") has no $2 in its nuspec"
}
in_package() { # package, file
    grep -qxF -- "$2" <<< "$(unzip -Z1 "$1")" || fail "$(basename "$1") has no $2"
}

echo "== pack"
dotnet pack LlavaCuda.sln -c Release -v q -o "$work/packages"
version=$(basename "$work"/packages/LlavaCuda.Engine.*.snupkg .snupkg)
version=${version#LlavaCuda.Engine.}
engine=$work/packages/LlavaCuda.Engine.$version.nupkg
tool=$work/packages/LlavaCuda.Tool.$version.nupkg
expect "what is packed" "$(cd "$work/packages" && echo *)" "LlavaCuda.Engine.$version.nupkg LlavaCuda.Engine.$version.snupkg LlavaCuda.Tool.$version.nupkg"
for package in "$engine" "$tool"; do
    for text in "<description>" "<authors>LlavaCuda" '<license type="expression">Apache-2.0<' "<readme>README.md<" "<icon>icon.png<" '<repository type="git"'; do
        in_nuspec "$package" "$text"
    done
    in_package "$package" README.md
    in_package "$package" icon.png
done
in_package "$tool" Inter-OFL.txt
in_package "$engine" lib/net10.0/LlavaCuda.Engine.xml
in_package "${engine%.nupkg}.snupkg" lib/net10.0/LlavaCuda.Engine.pdb

echo "== tool"
dotnet tool install LlavaCuda.Tool --version "$version" --tool-path "$work/tools" --source "$work/packages" > "$work/tool.log" || fail "$(cat "$work/tool.log")"
grep -q "^images   SkiaSharp" <<< "$("$work/tools/llava" doctor)" || fail "the tool cannot read images"
"$work/tools/llava" ask --device cpu --model "$model" --image "$image" -q "$question" > "$work/tool.txt"
[ -n "$(tr -d '[:space:]' < "$work/tool.txt")" ] || fail "the tool gave no answer"

echo "== library"
mkdir "$work/program"
cat > "$work/program/nuget.config" << END
<configuration>
  <packageSources><add key="here" value="$work/packages" /></packageSources>
  <config><add key="globalPackagesFolder" value="$work/nuget" /></config>
  <fallbackPackageFolders><add key="built" value="$(dotnet nuget locals global-packages --list | sed 's/^[^ ]* //')" /></fallbackPackageFolders>
</configuration>
END
cat > "$work/program/program.csproj" << END
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType>
    <TargetFramework>net10.0</TargetFramework>
    <ImplicitUsings>enable</ImplicitUsings>
    <NuGetAudit>false</NuGetAudit>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="LlavaCuda.Engine" Version="$version" /></ItemGroup>
</Project>
END
cat > "$work/program/Program.cs" << 'END'
using LlavaCuda.Devices;
using LlavaCuda.Generation;
using LlavaCuda.Images;

using Device device = new CpuDevice();
using LlavaModel model = LlavaModel.Load(args[0], device);
foreach (string piece in model.Ask(args[2], [ImageFile.Read(args[1])]))
{
    Console.Write(piece);
}

Console.WriteLine();
END
dotnet build "$work/program" -v q -o "$work/library" > "$work/build.log" || fail "$(cat "$work/build.log")"
dotnet "$work/library/program.dll" "$model" "$image" "$question" > "$work/library.txt"
expect "the library's answer" "$(cat "$work/library.txt")" "$(cat "$work/tool.txt")"
[ "$(bytes "$work/library")" -lt 120000000 ] || fail "a program without a RuntimeIdentifier takes $(bytes "$work/library") bytes"
[ -z "$(find "$work/library" -name 'libSkia*.pdb')" ] || fail "a program gets SkiaSharp's debug symbols"
dotnet build "$work/program" -v q -p:LlavaCudaNativeRuntimes=linux-x64 -o "$work/chosen" > "$work/build.log" || fail "$(cat "$work/build.log")"
expect "the runtimes that were chosen" "$(ls "$work/chosen/runtimes")" "linux-x64"

echo "== publish"
dotnet publish trainer -c Release -v q -o "$work/published"
dotnet publish trainer -c Release -v q --self-contained -p:PublishSingleFile=true -o "$work/single"
expect "what a single file is" "$(LC_ALL=C ls "$work/single" | tr '\n' ' ')" "libSkiaSharp.so libduckdb.so libe_sqlite3.so llava "
[ -z "$(find "$work/published" "$work/single" -name '*.xml')" ] || fail "documentation is published"
"$work/published/llava" ask --device cpu --model "$model" --image "$image" -q "$question" > "$work/published.txt"
env -i "$work/single/llava" ask --device cpu --model "$model" --image "$image" -q "$question" > "$work/single.txt"
expect "the published program's answer" "$(cat "$work/published.txt")" "$(cat "$work/tool.txt")"
expect "the single file's answer" "$(cat "$work/single.txt")" "$(cat "$work/tool.txt")"

echo "== charts"
# Drawn by the trimmed program, without HarfBuzz's library and without anything of the environment: the same as what the tool draws.
echo '[{"id": "0", "image": "photo.jpg", "conversations": [{"from": "human", "value": "<image>"}, {"from": "gpt", "value": "a photo"}]}]' > "$work/data.json"
for program in "$work/tools/llava" "$work/single/llava"; do
    env -i DOTNET_ROOT="${DOTNET_ROOT:-}" PATH="$PATH" "$program" train --stage pretrain --device cpu --model "$model" --data "$work/data.json" \
        --images "$(dirname "$image")" --out "$work/$(basename "$(dirname "$program")")/run" --steps 2 --batch 1 --accumulate 1 > "$work/train.log" 2>&1 || fail "$(cat "$work/train.log")"
done
cmp "$work/tools/run/loss.png" "$work/single/run/loss.png" || fail "the single file draws another chart than the tool"
echo "== captions"
for i in 1 2 3 4; do echo "{\"caption\": \"a dog on the beach $i\", \"image\": \"$i.jpg\"}"; done > "$work/captions.jsonl"
for program in "$work/tools/llava" "$work/single/llava"; do
    "$program" data filter --captions "$work/captions.jsonl" --most 2 --out "$work/$(basename "$(dirname "$program")")/captions" > "$work/filter.txt" || fail "$program cannot filter captions"
done
cmp "$work/tools/captions/pretrain.json" "$work/single/captions/pretrain.json" || fail "the single file chooses other captions than the tool"

rm -r "$work/single/run"
rm "$work/single/libSkiaSharp.so"
if error=$("$work/single/llava" ask --device cpu --model "$model" --image "$image" -q "$question" 2>&1); then
    fail "without its native library the single file read an image"
fi
expect "its error" "$error" "llava: Images cannot be read or written: libSkiaSharp.so is missing from $work/single/; it belongs next to the program."

[ "$locks" = "$(cat ./*/packages.lock.json bench/Gpu/packages.lock.json | sha256sum)" ] || fail "packing or publishing changed lock files"
echo "package-check: packed, installed, published and run; every answer is $(cat "$work/tool.txt")"
