# Run by CPack on the installed files, before it packs them: adds what Debian's policy asks of /usr/share/doc, compresses, and
# removes the search path of libraries, since dpkg-shlibdeps finds the packages of all of them in the usual folders.
set(share ${CPACK_TEMPORARY_DIRECTORY}/program/usr/share)
set(doc ${share}/doc/lockstep)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${doc}/changelog.Debian "lockstep (${CPACK_PACKAGE_VERSION}-1) unstable; urgency=medium

  * changelog.gz lists the changes.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)
file(COPY_FILE ${CMAKE_CURRENT_LIST_DIR}/copyright ${doc}/copyright)
file(GLOB compressed ${share}/man/man1/*.1 ${doc}/changelog*)
file(CHMOD ${compressed} ${doc}/copyright PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ WORLD_READ)
file(RPATH_REMOVE FILE ${CPACK_TEMPORARY_DIRECTORY}/program/usr/bin/lockstep)
execute_process(COMMAND gzip --best --no-name ${compressed} COMMAND_ERROR_IS_FATAL ANY)
