#include "core/http/ca_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "tests/support/temp_dir.h"

namespace {

TEST(CaFile, SaysWhyTheFileIsUnusable) {
  const support::TempDir folder;
  folder.write("empty.pem", "");
  folder.write("text.pem", "no certificate\n");
  folder.write("cut.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  ASSERT_EQ(mkfifo(folder.path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(core::ca_file_failure(folder.path("none.pem")), "No such file or directory");
  EXPECT_EQ(core::ca_file_failure(folder.path()), "it is a folder");
  EXPECT_EQ(core::ca_file_failure(folder.path("fifo")), "it is not a regular file");
  for (const char* name : {"empty.pem", "text.pem", "cut.pem"}) {
    EXPECT_NE(core::ca_file_failure(folder.path(name)).find("no readable certificate"),
              std::string::npos)
        << name;
  }
}

}  // namespace
