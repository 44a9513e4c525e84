#include "core/video/file_name.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "core/error.h"

namespace {

using core::NameFields;
using core::NameTemplate;
using core::UtcTime;

NameFields fields(const std::string& task_id) {
  NameFields result;
  result.task_id = task_id;
  result.account = "default";
  result.model = "kling-v2";
  result.status = "SUCCESS";
  result.finish_time = std::chrono::sys_days{std::chrono::year{2026} / 10 / 5} +
                       std::chrono::hours{23} + std::chrono::minutes{59};
  result.labels = {{"customer", "ACME"}, {"empty", ""}};
  return result;
}

std::string render(const std::string& text, const NameFields& values, int nth = 1) {
  return NameTemplate(text).render(values, "mp4", nth);
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) {
    result += text;
  }
  return result;
}

TEST(FileName, FillsPlaceholders) {
  struct Case {
    std::string text;
    std::string expected;
  };
  const std::vector<Case> cases{
      {"{task_id}.{ext}", "t1.mp4"},
      {"{date}/{account}/{model}/{task_id}.{ext}", "2026-10-05/default/kling-v2/t1.mp4"},
      {"{status}-{index}-{task_id}.{ext}", "SUCCESS-1-t1.mp4"},
      {"{label:customer}/{label:empty}/{label:absent}/{task_id}.{ext}", "ACME/_/_/t1.mp4"},
      {"{task_id}", "t1"},
      {"{task_id}.mov", "t1.mov"},
      {"{ext}/{task_id}", "mp4/t1"},
      {"{task_id}_{ext}", "t1_mp4"},
      {"{ext}", "mp4"},
      {"{task_id}{ext}", "t1mp4"},
      {"...", "_._"},
      {".{ext}", "_.mp4"},
      {".mp4", "_.mp4"},
      {".hidden/-x/{task_id}", "_hidden/_x/t1"},
      {"..{task_id}/a./b /c", "_.t1/a_/b_/c"},
      {"a:b\\c/{task_id}", "a_b_c/t1"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(render(c.text, fields("t1")), c.expected) << c.text;
  }
}

TEST(FileName, ReplacesInvisibleCharacters) {
  for (const char* hidden : {"\u061c", "\u202e", "\u200b", "\u17b4", "\U0001d173", "\U000e0041"}) {
    EXPECT_EQ(core::safe_part("a" + std::string(hidden) + "b", 194).substr(0, 3), "a_b");
  }
}

TEST(FileName, PutsIndexAndNumberBeforeTheExtension) {
  struct Case {
    std::string text;
    int index;
    int nth;
    std::string expected;
  };
  const std::vector<Case> cases{
      {"{task_id}.{ext}", 1, 2, "t1-2.mp4"},
      {"{task_id}.{ext}", 2, 1, "t1-2.mp4"},
      {"{task_id}.{ext}", 2, 3, "t1-2-3.mp4"},
      {"{task_id}-{index}.{ext}", 2, 1, "t1-2.mp4"},
      {"{index}/{task_id}.{ext}", 2, 2, "2/t1-2.mp4"},
      {"{task_id}", 2, 1, "t1-2"},
      {"{task_id}.mp4", 2, 1, "t1-2.mp4"},
      {"a.mp4/{task_id}", 2, 1, "a.mp4/t1-2"},
      {"{task_id}.no extension", 2, 1, "t1.no extension-2"},
      {".{ext}", 1, 2, "_-2.mp4"},
      {"{ext}.{task_id}", 1, 2, "mp4.t1-2"},
  };
  for (const Case& c : cases) {
    NameFields values = fields("t1");
    values.index = c.index;
    EXPECT_EQ(render(c.text, values, c.nth), c.expected) << c.text;
  }
}

TEST(FileName, RefusesBadTemplates) {
  struct Case {
    std::string text;
    std::string says;
  };
  const std::vector<Case> cases{
      {"", "empty"},
      {"/srv/{task_id}", "--output"},
      {"../{task_id}", "\"..\""},
      {"a/../{task_id}", "\"..\""},
      {"{task_id}/..", "\"..\""},
      {"./{task_id}", "\".\""},
      {"a//{task_id}", "empty part"},
      {"{task_id}/", "empty part"},
      {"{taskid}.{ext}", "{taskid}"},
      {"{Task_ID}", "{Task_ID}"},
      {"{}", "{}"},
      {"{label:}", "{label:}"},
      {"{label}", "{label}"},
      {"{task_id", "not closed"},
      {"{task_id.{ext}", "not closed"},
      {"task_id}", "has no \"{\""},
      {"{{task_id}}", "not closed"},
      {repeat("a/", NameTemplate::kFoldersMax + 1) + "b", "folders"},
  };
  for (const Case& c : cases) {
    try {
      const NameTemplate accepted(c.text);
      ADD_FAILURE() << "accepted: " << c.text;
    } catch (const core::UsageError& error) {
      EXPECT_NE(std::string(error.what()).find(c.says), std::string::npos) << error.what();
    }
  }
  EXPECT_NO_THROW(NameTemplate(repeat("a/", NameTemplate::kFoldersMax) + "b"));
}

TEST(FileName, AnErrorAboutAPlaceholderNamesTheValidOnes) {
  try {
    const NameTemplate accepted("{id}.{ext}");
    FAIL() << "accepted";
  } catch (const core::UsageError& error) {
    for (const char* valid : {"{task_id}", "{account}", "{model}", "{date}", "{status}", "{index}",
                              "{ext}", "{label:NAME}"}) {
      EXPECT_NE(std::string(error.what()).find(valid), std::string::npos) << valid;
    }
  }
}

TEST(FileName, MakesValuesHarmless) {
  struct Case {
    std::string id;
    std::string expected;
  };
  const std::vector<Case> cases{
      {"sora-2:task_01k7", "sora-2_task_01k7.mp4"},
      {"860260753860210752", "860260753860210752.mp4"},
      {"", "_.mp4"},
      {".", "_.mp4"},
      {"..", "__.mp4"},
      {"../../etc/passwd", "_._.._etc_passwd.mp4"},
      {"/etc/passwd", "_etc_passwd.mp4"},
      {".bashrc", "_bashrc.mp4"},
      {"-rf", "_rf.mp4"},
      {"a\nb\rc\td\x1B[0m\x7F", "a_b_c_d_[0m_.mp4"},
      {std::string("a\0b", 3), "a_b.mp4"},
      {R"(a:\*?"<>|b)", "a________b.mp4"},
      {"end.", "end_.mp4"},
      {"end ", "end_.mp4"},
      {"{ext}", "{ext}.mp4"},
      {"vidéo 影片 🎬", "vidéo 影片 🎬.mp4"},
      {"a\xC2\x85z", "a_z.mp4"},                        // C1
      {std::string("a\xE2\x80") + "\xAEz", "a_z.mp4"},  // right-to-left override
      {"a\xEF\xBB\xBFz", "a_z.mp4"},                    // byte order mark
      {"a\xD8\x9Cz", "a_z.mp4"},                        // Arabic letter mark
      {"a\xFFz", "a_z.mp4"},                            // no UTF-8
      {"a\xC0\xAFz", "a__z.mp4"},                       // overlong '/'
      {"a\xED\xA0\x80z", "a___z.mp4"},                  // surrogate
      {"a\xF4\x90\x80\x80z", "a____z.mp4"},             // above U+10FFFF
      {"a\xE5\xBD", "a__.mp4"},                         // cut character
  };
  for (const Case& c : cases) {
    EXPECT_EQ(render("{task_id}.{ext}", fields(c.id)), c.expected) << c.id;
  }
}

TEST(FileName, EveryByteIsHarmlessAnywhere) {
  for (int byte = 0; byte < 256; ++byte) {
    const std::string id(1, static_cast<char>(byte));
    for (const std::string& text : {id, id + "x", "x" + id, std::string(3, id.front())}) {
      const std::string path = render("{task_id}/{task_id}", fields(text));
      EXPECT_EQ(std::count(path.begin(), path.end(), '/'), 1) << byte;
      for (const std::string& part :
           {path.substr(0, path.find('/')), path.substr(path.find('/') + 1)}) {
        ASSERT_FALSE(part.empty()) << byte;
        EXPECT_NE(part.front(), '.') << byte;
        EXPECT_NE(part.front(), '-') << byte;
        EXPECT_NE(part.back(), '.') << byte;
        EXPECT_TRUE(std::none_of(part.begin(), part.end(), [](unsigned char c) {
          return c < 0x20 || c == 0x7F || c == '\\' || c == ':';
        })) << byte;
      }
    }
  }
}

TEST(FileName, CutsLongPartsBetweenCharactersAndKeepsThemDistinct) {
  for (const std::string_view letter : {"x", "é", "影", "🎬"}) {
    const std::string head = repeat(letter, 191);
    std::set<std::string> names;
    for (const char* tail : {"", "1", "2"}) {
      for (const int nth : {1, 2, 10000}) {
        NameFields values = fields(head + head + tail);
        values.labels = {{"long", head + head}};
        const std::string path = render("{label:long}/{task_id}.{ext}", values, nth);
        const std::string name = path.substr(path.find('/') + 1);
        EXPECT_LE(path.find('/'), 194U);
        EXPECT_LE(name.size(), 194U) << "with a dot and .part: 200";
        EXPECT_GE(name.size(), 180U) << "not shorter than need be";
        EXPECT_TRUE(name.ends_with(".mp4"));
        EXPECT_EQ(core::safe_part(name, 194), name) << "still whole characters";
        names.insert(name);
      }
    }
    EXPECT_EQ(names.size(), 9U) << letter;
  }
}

TEST(FileName, DatesAreUtcAndOnlyPlainYears) {
  using std::chrono::sys_days;
  using std::chrono::year;
  struct Case {
    UtcTime time;
    std::string expected;
  };
  const std::vector<Case> cases{
      {UtcTime{}, "_"},
      {UtcTime{std::chrono::milliseconds{1}}, "1970-01-01"},
      {sys_days{year{2024} / 2 / 29} + std::chrono::hours{23}, "2024-02-29"},
      {sys_days{year{2026} / 12 / 31} + std::chrono::milliseconds{86399999}, "2026-12-31"},
      {sys_days{year{1969} / 12 / 31} + std::chrono::hours{1}, "1969-12-31"},
      {UtcTime{std::chrono::milliseconds{9000000000000000}}, "_"},
      {UtcTime::max(), "_"},
      {UtcTime::min(), "_"},
  };
  for (const Case& c : cases) {
    NameFields values = fields("t1");
    values.finish_time = c.time;
    EXPECT_EQ(render("{date}", values), c.expected);
  }
}

TEST(FileName, PartFilesAreHiddenStableAndDifferentForEachVideo) {
  EXPECT_EQ(core::part_file_name(fields("t1")), core::part_file_name(fields("t1")));
  const std::string long_id(190, 'x');
  const std::vector<std::string> ids{"a:b", "a_b", "A_b", long_id + "x", long_id + "y"};
  std::set<std::string> names;
  for (const char* account : {"default", "other"}) {
    for (const std::string& id : ids) {
      for (const int index : {1, 2}) {
        NameFields values = fields(id);
        values.account = account;
        values.index = index;
        const std::string name = core::part_file_name(values);
        EXPECT_TRUE(name.starts_with(".") && name.ends_with(".part")) << name;
        EXPECT_LE(name.size(), 194U) << "room for the notes' suffix";
        names.insert(name);
      }
    }
  }
  EXPECT_EQ(names.size(), 20U);
  EXPECT_EQ(core::part_file_name(fields("sora-2:task_01k7")).rfind(".sora-2_task_01k7-1-", 0), 0U);
}

}  // namespace
