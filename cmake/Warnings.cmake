# Own code compiles without a warning; libraries' headers are system headers.
function(reeltally_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
    -Wswitch-enum -Wundef
    # Designated initialisers name what differs; the members left out have defaults.
    -Wno-missing-field-initializers
    # gcc 12 sees overlaps in `"x" + std::string` that are not there (PR 105651).
    -Wno-restrict)
  if(REELTALLY_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
