#include "core/text/input_text.h"

#include <gtest/gtest.h>
#include <iconv.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

std::string in(const char* encoding, std::string text) {
  const iconv_t converter = iconv_open(encoding, "UTF-8");
  std::string out(text.size() * 4 + 16, '\0');
  char* from = text.data();
  std::size_t left = text.size();
  char* to = out.data();
  std::size_t room = out.size();
  EXPECT_NE(iconv(converter, &from, &left, &to, &room), static_cast<std::size_t>(-1)) << text;
  iconv_close(converter);
  out.resize(out.size() - room);
  return out;
}

struct Read {
  std::string text;
  std::vector<std::string> told;
};

Read read_in_pieces(const std::string& bytes, std::size_t chunk) {
  Read result;
  std::size_t given = 0;
  core::InputText input(
      [&](char* buffer, std::size_t size) {
        const std::size_t count = std::min({size, chunk, bytes.size() - given});
        bytes.copy(buffer, count, given);
        given += count;
        return count;
      },
      [&](const std::string& sentence) { result.told.push_back(sentence); });
  std::string part(1000, '\0');
  while (const std::size_t got = input.read(part.data(), part.size())) {
    result.text.append(part, 0, got);
  }
  return result;
}

constexpr const char* kList = "task_id,客户,项目\r\ntask_a1,阿里,测试\r\ntask_a2,腾讯,生产\r\n";

std::string joined(std::string first, const std::string& second) { return first.append(second); }

struct Case {
  std::string name;
  std::string bytes;
  std::string text;
  std::vector<std::string> told{};  // parts of each sentence
};

std::vector<Case> cases() {
  const std::string german = "task_id,Kunde\nt1,Müller & Söhne\nt2,Größe\n";
  const std::string mark = "\xEF\xBB\xBF";
  std::string long_line;
  while (long_line.size() < 10'000) {
    long_line += "客户，";
  }
  return {
      {"ascii", "a,b\nc,d\n", "a,b\nc,d\n"},
      {"utf8", kList, kList},
      {"utf8_with_mark", mark + kList, kList},
      {"utf8_of_two_bytes", german, german},
      {"gbk", in("GBK", kList), kList, {"GB18030"}},
      {"gbk_in_a_long_line", in("GBK", long_line), long_line, {"GB18030"}},
      {"gb18030", in("GB18030", "x,客户\n1,陶喆 𠮷\n"), "x,客户\n1,陶喆 𠮷\n", {"GB18030"}},
      {"gb18030_with_mark", in("GB18030", std::string(mark) + "x,客户\n"), "x,客户\n", {"GB18030"}},
      {"gbk_that_begins_like_utf8",
       in("GBK", "x,模\n1,模\n2,测试\n"),
       "x,模\n1,模\n2,测试\n",
       {"GB18030"}},
      {"gbk_behind_much_ascii",
       std::string(300'000, 'x') + "\n" + in("GBK", "客户\n"),
       std::string(300'000, 'x') + "\n客户\n",
       {"line 2 as \"客户\""}},
      {"gbk_trail_bytes_of_ascii", in("GBK", "客户,輁|x\n"), "客户,輁|x\n", {"GB18030"}},
      {"utf8_then_gbk",
       joined(kList, in("GBK", kList)),
       joined(kList, kList),
       {"some lines are not UTF-8"}},
      {"gbk_then_utf8",
       joined(in("GBK", kList), kList),
       joined(kList, kList),
       {"some lines are not UTF-8"}},
      {"utf16_le", in("UTF-16LE", kList), kList, {"UTF-16, little"}},
      {"utf16_be", in("UTF-16BE", kList), kList, {"UTF-16, big"}},
      {"utf16_chinese_first",
       in("UTF-16LE", "任务编号,客户\nt1,阿里\n"),
       "任务编号,客户\nt1,阿里\n",
       {"UTF-16, little"}},
      {"utf16_marked", in("UTF-16LE", std::string(mark) + kList), kList},
      {"latin1",
       in("ISO-8859-1", german),
       "task_id,Kunde\nt1,M\uFFFDller & S\uFFFDhne\nt2,Gr\uFFFD\uFFFDe\n",
       {"neither UTF-8 nor GB18030 are replaced, first in line 2"}},
      {"nul_in_ascii", std::string("a\0b\n", 4), std::string("a\0b\n", 4)},
      {"nothing", "", ""},
  };
}

TEST(InputText, ReadsEveryEncodingInPiecesOfEverySize) {
  for (const Case& one : cases()) {
    for (const std::size_t chunk : {1UL, 3UL, 7UL, 100'000UL}) {
      if (chunk == 1 && one.name.starts_with("utf16_chinese")) {
        continue;  // its first line end comes before the first zero byte
      }
      const Read read = read_in_pieces(one.bytes, chunk);
      EXPECT_EQ(read.text, one.text) << one.name << " in pieces of " << chunk;
      ASSERT_EQ(read.told.size(), one.told.size())
          << one.name << ": " << (read.told.empty() ? "" : read.told.front());
      for (std::size_t i = 0; i < one.told.size(); ++i) {
        EXPECT_NE(read.told[i].find(one.told[i]), std::string::npos) << read.told[i];
      }
    }
  }
}

// Whatever the encoding is taken for, a message says it.
TEST(InputText, NoOtherEncodingIsReadSilently) {
  const std::vector<std::pair<const char*, std::string>> texts = {
      {"BIG5", "任務,客戶\nt1,臺灣大學\n"},
      {"SHIFT_JIS", "番号,顧客\nt1,テスト株式会社\n"},
      {"EUC-JP", "番号,顧客\nt1,テスト\n"},
      {"EUC-KR", "번호,고객\nt1,삼성전자\n"},
      {"CP1251", "номер,Клиент\nt1,Проект\n"},
      {"KOI8-R", "номер,клиент\nt1,проект\n"},
      {"CP1252", "id,Société\nt1,Crédit Agricole\n"},
      {"CP1252", "id,x\nt1,ÄÖÜ\n"},
  };
  for (const auto& [encoding, text] : texts) {
    const Read read = read_in_pieces(in(encoding, text), 1000);
    EXPECT_NE(read.text, text);
    EXPECT_FALSE(read.told.empty()) << encoding << ": " << read.text;
  }
  for (const auto& [encoding, text] : {texts[0], texts[1], texts[4], texts[6]}) {
    const Read read = read_in_pieces(in(encoding, text), 1000);
    EXPECT_NE(read.told.at(0).find("neither"), std::string::npos) << encoding << ": " << read.text;
  }
}

TEST(InputText, HoldsNoMoreThanALine) {
  std::size_t made = 0;
  constexpr std::size_t kBytes = 32UL << 20U;
  const std::string line = in("GBK", "任务,客户\n");
  core::InputText input([&](char* buffer, std::size_t size) {
    std::size_t count = 0;
    for (; made < kBytes && count + line.size() <= size; made += line.size()) {
      line.copy(buffer + count, line.size());
      count += line.size();
    }
    return count;
  });
  std::string part(4096, '\0');
  std::size_t total = 0;
  while (const std::size_t got = input.read(part.data(), part.size())) {
    total += got;
  }
  EXPECT_EQ(total, made / line.size() * std::string("任务,客户\n").size());
}

}  // namespace
