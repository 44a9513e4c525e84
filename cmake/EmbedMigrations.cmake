# Turns the .sql files of a folder into one C++ file that defines a function of storage/migration.h.
# Made again whenever a file is added, removed or changed.
function(embed_migrations folder name output)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.sql)
  list(SORT files)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DNAME=${name} "-DFILES=${files}"
      -P ${CMAKE_SOURCE_DIR}/cmake/WriteMigrations.cmake
    DEPENDS ${files} ${CMAKE_SOURCE_DIR}/cmake/WriteMigrations.cmake
    COMMENT "Embedding migrations"
    VERBATIM)
endfunction()

# Writes what the .sql files of a folder make of an empty database, one after the other, as SQLite
# keeps it: a statement for each table, index, view and trigger.
function(write_schema folder output)
  file(GLOB files CONFIGURE_DEPENDS ${folder}/*.sql)
  list(SORT files)
  set(reads ${files})
  list(TRANSFORM reads REPLACE "(.+)" ".read '\\1'")
  find_program(SQLITE3 sqlite3 REQUIRED)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${SQLITE3} -bail :memory: ${reads} ".output '${output}'"
      "SELECT sql || ';' FROM sqlite_schema WHERE name NOT LIKE 'sqlite%' ORDER BY rowid"
    DEPENDS ${files}
    COMMENT "Writing the whole schema"
    VERBATIM)
endfunction()
