# What `cmake --install` lays out, and the Debian package that `cpack --preset package` makes of it.
set(doc ${CMAKE_INSTALL_DATADIR}/doc/reeltally)
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

install(TARGETS reeltally RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${texts}/man1 ${texts}/man5 DESTINATION ${CMAKE_INSTALL_DATADIR}/man
  FILES_MATCHING PATTERN "*.gz")
install(FILES ${texts}/completions/reeltally.bash
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME reeltally)
install(FILES ${texts}/completions/_reeltally
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${texts}/completions/reeltally.fish
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${texts}/config.toml docs/prices-example.csv DESTINATION ${doc}/examples)
install(DIRECTORY docs/ DESTINATION ${doc}
  FILES_MATCHING PATTERN "*.md" PATTERN "*.yml" PATTERN "*.sql" PATTERN "*.json"
  PATTERN "*.png" PATTERN "*.svg")
install(DIRECTORY packaging/examples/ DESTINATION ${doc}/examples)
install(FILES packaging/Containerfile DESTINATION ${doc}/examples)

install(FILES packaging/systemd/reeltally.service packaging/systemd/reeltally.timer
  packaging/systemd/reeltally-month.service packaging/systemd/reeltally-month.timer
  DESTINATION lib/systemd/system)
install(PROGRAMS packaging/month/reeltally-month DESTINATION lib/reeltally)

install(FILES packaging/debian/lintian-overrides
  DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME reeltally)

set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_CONTACT
  "reeltally maintainers <maintainers@users.noreply.r-seed-fdadc996.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "batch job runner with a ledger for AI video tasks")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "Takes a list of video-generation task IDs, finds out from the gateway
what became of each, keeps a complete record in SQLite, fetches every
finished video before its link dies, and makes billing reports of the
record. Made to run from cron or a systemd timer.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Not seen by the linker: authorities for TLS, and the zones of --tz.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "ca-certificates, tzdata")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${CMAKE_SOURCE_DIR}/packaging/debian/postinst ${CMAKE_SOURCE_DIR}/packaging/debian/prerm
  ${CMAKE_SOURCE_DIR}/packaging/debian/postrm)
include(CPack)

add_custom_command(OUTPUT ${texts}/changelog.Debian.gz
  COMMAND sh -c "gzip -9n <'${CMAKE_SOURCE_DIR}/packaging/debian/changelog' >changelog.Debian.gz"
  DEPENDS packaging/debian/changelog ${texts}/config.toml WORKING_DIRECTORY ${texts} VERBATIM)
add_custom_target(changelog ALL DEPENDS ${texts}/changelog.Debian.gz)
install(FILES ${texts}/changelog.Debian.gz packaging/debian/copyright DESTINATION ${doc})
