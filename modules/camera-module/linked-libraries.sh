#!/bin/sh
# Copies the shared libraries that a program is linked to, directly or through another, out of an unpacked tree of
# packages. What the base image has (libc and the compiler's own libraries) stays out.
#   linked-libraries.sh PROGRAM TREE OUT
set -eu
program=$1 tree=$2 out=$3
mkdir -p "$out"

copy() {
  readelf --dynamic "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | while read -r library; do
    case $library in
      ld-linux* | libc.so.* | libm.so.* | libdl.so.* | libpthread.so.* | librt.so.* | libresolv.so.*) continue ;;
      libgcc_s.so.* | libstdc++.so.*) continue ;;
    esac
    [ ! -e "$out/$library" ] || continue
    file=$(find "$tree" -name "$library" | head -n 1)
    [ -n "$file" ] || { echo "$library, which $1 needs, is in no package" >&2; exit 1; }
    # A link may be absolute, and then points into the tree.
    target=$(readlink "$file" || true)
    case $target in /*) file=$tree$target ;; esac
    cp --dereference "$file" "$out/$library"
    copy "$out/$library"
  done
}

copy "$program"
