#include "core/http/s3/s3_settings.h"

namespace core {

std::string_view name(CreateOnly way) {
  switch (way) {
    case CreateOnly::if_none_match:
      return "if-none-match";
    case CreateOnly::oss:
      return "oss";
    case CreateOnly::cos:
      return "cos";
    case CreateOnly::gcs:
      return "gcs";
    case CreateOnly::none:
      return "none";
  }
  return "?";
}

const SignatureKind& signature_of(const S3Settings& settings) {
  return settings.create_only == CreateOnly::gcs ? kGoogleSignature : kAwsSignature;
}

}  // namespace core
