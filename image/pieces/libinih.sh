# INI files. Its ini.c is kept for the test build, which compiles it once more under the sanitizers. Pristine, because the
# distribution's patches turn compile-time choices into variables that nothing outside can set.
# sources: libinih
# files: image/inih.mk
# tools: gcc musl-gcc

unpack_pristine libinih
flags=$(sed -n 's/^INIH_FLAGS := //p' "$ROOT/image/inih.mk")
mkdir "$OUT/include" "$OUT/lib" "$OUT/src"
cp libinih/ini.h "$OUT/include"
cp libinih/ini.c "$OUT/src"
cd libinih
musl-gcc -O2 -ffunction-sections -fdata-sections $flags -c ini.c
ar rcsD "$OUT/lib/libinih.a" ini.o
