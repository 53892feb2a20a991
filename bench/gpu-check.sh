#!/usr/bin/env bash
# Everything that needs an NVIDIA GPU, in one go of at most ten minutes: the device tests, verify, every kernel beside a copy and a product, LLaVA-1.5-7B shapes, PyTorch beside them.
#
#   bench/gpu-check.sh publish FOLDER        on a machine with .NET: makes a self-contained folder (linux-x64) with everything
#   FOLDER/gpu-check.sh run FOLDER RESULTS   on a machine with an NVIDIA driver and a CUDA toolkit or PyTorch's wheels (CUDA 12 or 13); neither .NET nor a network is needed
#
# RESULTS gets gpu.json and gpu.md (the table, also printed last). A part that fails is told; the others go on. Without PyTorch the ratios to it stay empty.
set -euo pipefail
usage() { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
here=$(cd "$(dirname "$0")/.." && pwd)
case "$1" in
publish)
    [ $# -eq 2 ] || usage
    # The tests last: they bring the widest set of the runtime's assemblies, untrimmed.
    for project in trainer bench tests; do
        dotnet publish "$here/$project" -c Release -r linux-x64 --self-contained true -p:PublishTrimmed=false -p:PublishReadyToRun=false -o "$2"
    done
    cp "$0" "$2/gpu-check.sh"
    ;;
run)
    [ $# -eq 3 ] || usage
    [ -f "$2/LlavaCuda.Bench" ] && [ -f "$2/LlavaCuda.Tests" ] || { echo "gpu-check.sh: $2 was not made by 'gpu-check.sh publish'" >&2; exit 1; }
    folder=$(cd "$2" && pwd)
    mkdir -p "$3"
    results=$(cd "$3" && pwd)
    chmod +x "$folder/LlavaCuda.Bench" "$folder/LlavaCuda.Tests" "$folder/llava"
    # The wheels of the python3 that has PyTorch hold NVRTC and cuBLASLt.
    wheels=$(python3 -c 'import sys, glob; print(":".join(d for p in sys.path if p for d in glob.glob(p + "/nvidia/*/lib")))' 2>/dev/null || true)
    export LLAVACUDA_CUDA_PATH="${LLAVACUDA_CUDA_PATH:-$wheels}" LLAVACUDA_CACHE="${LLAVACUDA_CACHE:-$results/kernel-cache}" DOTNET_gcServer=0
    exec "$folder/LlavaCuda.Bench" gpu-check "$results" "$folder/reference/model"
    ;;
*) usage ;;
esac
