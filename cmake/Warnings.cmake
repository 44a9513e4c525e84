# Own code compiles without a warning; libraries' headers are system headers.
function(reeltally_warnings target)
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
    -Wswitch-enum -Wundef
    # Designated initialisers name what differs; the members left out have defaults.
    -Wno-missing-field-initializers)
  if(REELTALLY_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
