# Run by embed_migrations: writes OUTPUT, which defines NAME, from the list FILES.
set(text "// Made by cmake/WriteMigrations.cmake.\n#include \"storage/migration.h\"\n\nnamespace storage {\n\n"
  "std::span<const Migration> ${NAME}() {\n")
set(rows "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  if(NOT name MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)\\.sql$")
    message(FATAL_ERROR "${name}: a migration is named NNNN_lower_case.sql")
  endif()
  set(digits ${CMAKE_MATCH_1})
  set(title ${CMAKE_MATCH_2})
  # Without leading zeros, which would make the number octal.
  string(REGEX REPLACE "^0+" "" number ${digits})
  # As bytes: CMake's own reading of text would trip over semicolons and brackets in SQL.
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "'\\\\x\\1'," bytes "${hex}")
  string(APPEND text "  static constexpr char kSql${number}[] = {${bytes}};\n")
  string(APPEND rows "    {${number}, \"${title}\", {kSql${number}, sizeof kSql${number}}},\n")
endforeach()
string(APPEND text "  static constexpr Migration kMigrations[] = {\n${rows}  };\n  return kMigrations;\n}\n\n")
string(APPEND text "}  // namespace storage\n")
file(WRITE ${OUTPUT} "${text}")
