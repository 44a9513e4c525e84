#include "core/billing/currencies.h"

namespace core {
namespace {

// Each with a blank behind it. Without metals, funds and codes for tests.
constexpr std::string_view kCodes =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP "
    "BYN BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
    "GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR "
    "KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK "
    "MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR "
    "SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS "
    "UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ";

// Of these, the ones without decimals, and those with three. All others have two.
constexpr std::string_view kWhole =
    "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF ";
constexpr std::string_view kThousandths = "BHD IQD JOD KWD LYD OMR TND ";

bool has(std::string_view codes, std::string_view code) {
  constexpr std::size_t kEach = 4;
  for (std::size_t at = 0; at < codes.size(); at += kEach) {
    if (codes.substr(at, kEach - 1) == code) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_iso_currency(std::string_view code) { return has(kCodes, code); }

std::optional<int> currency_decimals(std::string_view code) {
  constexpr int kUsual = 2;
  constexpr int kThree = 3;
  if (!is_iso_currency(code)) {
    return std::nullopt;
  }
  if (has(kWhole, code)) {
    return 0;
  }
  return has(kThousandths, code) ? kThree : kUsual;
}

}  // namespace core
