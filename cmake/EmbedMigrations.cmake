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
