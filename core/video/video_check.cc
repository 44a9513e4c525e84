#include "core/video/video_check.h"

#include <lzma.h>
#include <openssl/evp.h>

#include <array>

#include "core/error.h"
#include "core/text/base64.h"

namespace core {

// MD5 protects only against accidents; a machine in FIPS mode has no MD5, and then it is not
// compared.
class VideoCheck::Md5 {
 public:
  Md5()
      : algorithm_(EVP_MD_fetch(nullptr, "MD5", nullptr), EVP_MD_free),
        running_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    usable_ = algorithm_ != nullptr && running_ != nullptr &&
              EVP_DigestInit_ex2(running_.get(), algorithm_.get(), nullptr) == 1;
  }

  void update(std::string_view bytes) {
    usable_ = usable_ && EVP_DigestUpdate(running_.get(), bytes.data(), bytes.size()) == 1;
  }

  // Empty if MD5 is not available.
  std::string finish_base64() {
    constexpr std::size_t kDigestBytes = 16;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    if (!usable_ || EVP_DigestFinal_ex(running_.get(), digest.data(), nullptr) != 1) {
      return "";
    }
    return base64({reinterpret_cast<const char*>(digest.data()), kDigestBytes});
  }

 private:
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> algorithm_;
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> running_;
  bool usable_ = false;
};

VideoCheck::VideoCheck(Extras extras)
    : extras_(extras), md5_(extras.md5 ? std::make_unique<Md5>() : nullptr) {}

VideoCheck::~VideoCheck() = default;

void VideoCheck::update(std::string_view bytes) {
  report_.bytes += static_cast<std::int64_t>(bytes.size());
  sha256_.update(bytes);
  if (extras_.crc64) {
    report_.crc64 = lzma_crc64(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(),
                               report_.crc64);
  }
  if (md5_ != nullptr) {
    md5_->update(bytes);
  }
  container_.update(bytes);
}

VideoReport VideoCheck::finish() {
  report_.sha256 = sha256_.finish();
  if (md5_ != nullptr) {
    report_.md5_base64 = md5_->finish_base64();
  }
  report_.container = container_.finish();
  return report_;
}

}  // namespace core
