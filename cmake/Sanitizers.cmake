# REELTALLY_SANITIZE: "", "address", "thread", "coverage" or "fuzzer". Release builds are hardened instead.
set(REELTALLY_SANITIZE "" CACHE STRING "address, thread, coverage, fuzzer, or empty")

function(reeltally_sanitizers target)
  if(REELTALLY_SANITIZE STREQUAL "address")
    set(flags -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  elseif(REELTALLY_SANITIZE STREQUAL "thread")
    # Instrumented, gcc 12 sees overflows in `std::string + "x"` that are not there (PR 105329,
    # 105651); the other builds would tell of true ones.
    set(flags -fsanitize=thread -fno-omit-frame-pointer -Wno-array-bounds
      -Wno-stringop-overflow -Wno-stringop-overread)
  elseif(REELTALLY_SANITIZE STREQUAL "coverage")
    # clang's: it counts conditions of the source, where gcov counts what the compiler made of them.
    set(flags -fprofile-instr-generate -fcoverage-mapping)
  elseif(REELTALLY_SANITIZE STREQUAL "fuzzer")
    set(flags -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
      -fno-omit-frame-pointer)
  elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(${target} PRIVATE
      -fstack-protector-strong -fstack-clash-protection -fcf-protection)
    target_compile_definitions(${target} PRIVATE _FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
    target_link_options(${target} PRIVATE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
    return()
  endif()
  # Headers read once, and the sources of a folder compiled as one, spare a sanitizer's build most of
  # its time. So names in the unnamed namespaces of a folder must differ. The release build does
  # neither: each source must include what it uses.
  target_precompile_headers(${target} PRIVATE <algorithm> <chrono> <filesystem> <functional> <map>
    <memory> <optional> <sstream> <string> <variant> <vector>)
  if(REELTALLY_SANITIZE AND NOT target MATCHES "_test$")
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
    get_target_property(sources ${target} SOURCES)
    foreach(source ${sources})
      get_filename_component(folder ${source} DIRECTORY)
      string(REPLACE "${CMAKE_SOURCE_DIR}/" "" folder "${folder}")
      string(MAKE_C_IDENTIFIER "${folder}" group)
      set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${group})
    endforeach()
    # What is shadowed may be a neighbour's; the release build tells of true ones.
    target_compile_options(${target} PRIVATE -Wno-shadow)
  endif()
  target_compile_options(${target} PRIVATE ${flags})
  target_link_options(${target} PUBLIC ${flags})
endfunction()
