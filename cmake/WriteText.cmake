# Run by embed_text: writes OUTPUT, which defines NAME, from FILE.
file(READ ${FILE} hex HEX)
string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
file(WRITE ${OUTPUT} "// Made by cmake/WriteText.cmake.\n#include \"${HEADER}\"\n\nnamespace ${ROOM} {\n\n"
  "std::string_view ${NAME}() {\n  static constexpr char kText[] = {${bytes}};\n"
  "  return {kText, sizeof kText};\n}\n\n}  // namespace ${ROOM}\n")
