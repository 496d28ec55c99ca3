# JSON. Its cJSON.c is kept for the test build, which compiles it once more under the sanitizers.
# sources: cjson
# tools: gcc musl-gcc

unpack cjson
mkdir "$OUT/include" "$OUT/lib" "$OUT/src"
mkdir "$OUT/include/cjson"
cp cjson/cJSON.h "$OUT/include/cjson"
cp cjson/cJSON.c "$OUT/src"
cd cjson
musl-gcc -O2 -ffunction-sections -fdata-sections -c cJSON.c
ar rcsD "$OUT/lib/libcjson.a" cJSON.o
