# Turns a file into one C++ file that defines `std::string_view NAME()` of the namespace ROOM, which
# HEADER declares. Made again whenever the file is changed.
function(embed_text file header room name output)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DNAME=${name} -DROOM=${room} -DHEADER=${header} -DFILE=${file}
      -P ${CMAKE_SOURCE_DIR}/cmake/WriteText.cmake
    DEPENDS ${file} ${CMAKE_SOURCE_DIR}/cmake/WriteText.cmake
    COMMENT "Embedding ${name}"
    VERBATIM)
endfunction()
