#include "core/files/sha256.h"

#include <gtest/gtest.h>

namespace {

// FIPS 180-4 examples.
TEST(Sha256, KnownVectors) {
  core::Sha256 hash;
  EXPECT_EQ(core::hex(hash.finish()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  hash.update("a");
  hash.update("bc");
  EXPECT_EQ(core::hex(hash.finish()),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
