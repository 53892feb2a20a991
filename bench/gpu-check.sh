#!/usr/bin/env bash
# Everything that needs an NVIDIA GPU, in one go of at most ten minutes: the device tests, verify, every kernel beside a copy and a product, LLaVA-1.5-7B shapes, PyTorch beside them.
#
#   bench/gpu-check.sh publish FOLDER                    on a machine with .NET: makes a self-contained folder (linux-x64) with everything
#   FOLDER/gpu-check.sh run FOLDER RESULTS [--rehearse]  on a machine with an NVIDIA driver and a CUDA toolkit or PyTorch's wheels (CUDA 12 or 13); neither .NET nor a network is needed
#
# RESULTS gets gpu.json, gpu.md (the table, also printed last) and gpu.log. A part that fails is told; the others go on. Without PyTorch the ratios to it stay empty.
# --rehearse: the same at sizes that mean nothing and take seconds, to see whether the check itself runs.
set -euo pipefail
help() { sed -n '2,8s/^# \{0,1\}//p' "$0"; }
usage() { help >&2; exit 2; }
fail() { echo "gpu-check.sh: $1" >&2; exit 1; }
case "${1:-}" in
-h | --help) help ;;
publish)
    [ $# -eq 2 ] || usage
    tests=$(dirname "$0")/../tests
    [ -f "$tests/LlavaCuda.Tests.csproj" ] || fail "publish is for the script in the project's bench folder, not for a published copy"
    mkdir -p "$2" || fail "$2 cannot be made a folder"
    # The tests bring the check and the llava program with them.
    dotnet publish "$tests" -c Release -r linux-x64 --self-contained true -o "$2"
    # 30 MB that only `dotnet test` uses.
    rm -rf "$2/Microsoft.CodeCoverage"
    cp "$0" "$2/gpu-check.sh"
    ;;
run)
    case "$#,${3:-},${4:-}" in
    *,-*,*) usage ;;
    3,*, | 4,*,--rehearse) ;;
    *) usage ;;
    esac
    for program in LlavaCuda.GpuCheck LlavaCuda.Tests llava; do
        [ -f "$2/$program" ] || fail "$2 has no $program; it was not made by 'gpu-check.sh publish'"
        [ -x "$2/$program" ] || chmod +x "$2/$program" || fail "$2/$program is not executable"
    done
    folder=$(cd "$2" && pwd)
    mkdir -p "$3" || fail "$3 cannot be made a folder for results"
    results=$(cd "$3" && pwd)
    # The wheels of the python3 that has PyTorch hold NVRTC and cuBLASLt.
    wheels=$(python3 -c 'import sys, glob; print(":".join(d for p in sys.path if p for d in glob.glob(p + "/nvidia/*/lib")))' 2>/dev/null || true)
    export LLAVACUDA_CUDA_PATH="${LLAVACUDA_CUDA_PATH:-$wheels}"
    # What the emulator's compiler made is not for a GPU to find.
    [ $# -eq 3 ] || export LLAVACUDA_CACHE="${LLAVACUDA_CACHE:-$results/kernel-cache}"
    exec "$folder/LlavaCuda.GpuCheck" run "$results" "$folder/reference/model" "${@:4}"
    ;;
*) usage ;;
esac
