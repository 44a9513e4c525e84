#include "core/video/video_container.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/tiny_video.h"

namespace {

using core::ContainerCheck;
using core::ContainerReport;
using support::box;
using support::element;

const std::string kMoov = box("moov", std::string(20, 'm'));
const std::string kMdat = box("mdat", std::string(50, 'd'));
constexpr std::size_t kAtOnce = std::string::npos;

std::string raw(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) {
    text += static_cast<char>(byte);
  }
  return text;
}

std::string ftyp(const std::string& brand) { return box("ftyp", brand + raw({0, 0, 2, 0})); }

// A box with a 64-bit size.
std::string large_box(const std::string& type, const std::string& content) {
  const std::size_t size = content.size() + 16;
  return raw({0, 0, 0, 1}) + type +
         raw({0, 0, 0, 0, 0, 0, static_cast<int>(size >> 8U), static_cast<int>(size & 0xFFU)}) +
         content;
}

ContainerReport check(const std::string& bytes, std::size_t piece = kAtOnce) {
  ContainerCheck container;
  for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size())) {
    container.update(std::string_view(bytes).substr(at, piece));
  }
  return container.finish();
}

TEST(VideoContainer, KnowsVideosByTheirContent) {
  struct Case {
    const char* name;
    std::string bytes;
    std::string extension;
  };
  const std::string webm = support::tiny_webm(500);
  const std::vector<Case> cases{
      {"fast start", ftyp("isom") + kMoov + kMdat, "mp4"},
      {"index at the end", ftyp("mp42") + kMdat + kMoov, "mp4"},
      {"M4V", ftyp("M4V ") + kMoov + kMdat, "mp4"},
      {"QuickTime", ftyp("qt  ") + box("wide", "") + kMdat + kMoov, "mov"},
      {"other boxes",
       ftyp("isom") + box("free", "") + box("uuid", std::string(40, 'u')) + kMoov + kMdat +
           box("xml!", "?"),
       "mp4"},
      {"fragmented",
       ftyp("iso5") + kMoov + box("sidx", "s") + box("moof", "f") + kMdat + box("moof", "f") +
           kMdat + box("mfra", "m"),
       "mp4"},
      {"64-bit size", ftyp("isom") + kMoov + large_box("mdat", std::string(600, 'd')), "mp4"},
      {"to the end", ftyp("isom") + kMoov + raw({0, 0, 0, 0}) + "mdat" + std::string(90, 'd'),
       "mp4"},
      {"several mdat, one empty", ftyp("isom") + box("mdat", "") + kMoov + kMdat, "mp4"},
      {"tiny mp4", support::tiny_mp4(5000), "mp4"},
      {"tiny mov", support::tiny_mov(160), "mov"},
      {"webm", webm, "webm"},
      {"matroska", support::tiny_webm(9000, 1, "matroska"), "mkv"},
      {"webm, DocType padded", support::tiny_webm(500, 1, std::string("webm\0\0", 6)), "webm"},
      {"webm with void behind", webm + element("\xEC", "xyz"), "webm"},
  };
  for (const Case& c : cases) {
    for (const std::size_t piece : {kAtOnce, std::size_t{1}, std::size_t{7}}) {
      const ContainerReport report = check(c.bytes, piece);
      EXPECT_EQ(report.extension, c.extension) << c.name << ": " << report.failure;
      EXPECT_EQ(report.failure, "") << c.name;
    }
  }
}

TEST(VideoContainer, SaysWhatElseItLooksLike) {
  struct Case {
    std::string bytes;
    std::string says;
  };
  std::string packets(189, 'x');
  packets.front() = packets.back() = 'G';
  const std::vector<Case> cases{
      {"", "empty"},
      {"<!DOCTYPE html><html></html>", "HTML"},
      {"\xEF\xBB\xBF \r\n<HTML lang=en>", "HTML"},
      {"<?xml version=\"1.0\"?><!-- --><html xmlns=\"\">", "HTML"},
      {"<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code></Error>", "XML"},
      {"<Error><Code>AccessDenied</Code></Error>", "XML"},
      {"{\"Error\":{\"Code\":\"AccessDenied\"}}", "JSON"},
      {"  [1,2]", "JSON"},
      {"Bad gateway\n", "plain text"},
      {"#EXTM3U\n#EXT-X-VERSION:3\n", "playlist"},
      {std::string("\x89PNG\r\n\x1A\n", 8), "PNG"},
      {"\xFF\xD8\xFF\xE0", "JPEG"},
      {"RIFF....AVI LIST", "AVI"},
      {packets, "transport stream"},
      {std::string(5000, '\0'), "zero bytes"},
      {std::string(5000, '\x03'), "unknown kind"},
      {ftyp("M4A ") + kMoov + kMdat, "sound"},
      {ftyp("heic") + kMoov + kMdat, "picture"},
      {support::tiny_webm(300, 1, "mp4"), "neither webm nor matroska"},
      {"\x1A\x45\xDF\xA3", "neither webm nor matroska"},
      {box("moov", "x") + kMdat, "unknown kind"},
  };
  for (const Case& c : cases) {
    for (const std::size_t piece : {kAtOnce, std::size_t{1}}) {
      const ContainerReport report = check(c.bytes, piece);
      EXPECT_EQ(report.extension, "") << c.says;
      EXPECT_NE(report.failure.find(c.says), std::string::npos) << c.says << ": " << report.failure;
    }
  }
}

TEST(VideoContainer, BoxesMustNotLie) {
  struct Case {
    const char* name;
    std::string bytes;
    std::string says;
  };
  const std::string good = ftyp("isom") + kMoov + kMdat;
  const std::vector<Case> cases{
      {"one byte more", good + "x", "header"},
      {"zeros behind", good + std::string(16, '\0'), "not a box"},
      {"a page behind", good + "<html></html>", "cut"},
      {"size below its header", good + raw({0, 0, 0, 7}) + "free", "too small"},
      {"64-bit size below its header",
       good + raw({0, 0, 0, 1}) + "free" + raw({0, 0, 0, 0, 0, 0, 0, 15}), "too small"},
      {"64-bit size of everything", good + raw({0, 0, 0, 1}) + "free" + std::string(8, '\xFF'),
       "cut"},
      {"64-bit size cut", good + raw({0, 0, 0, 1}) + "free" + raw({0, 0}), "header"},
      {"size beyond the end", good + raw({0, 0, 0, 100}) + "free", "92 bytes of box 'free'"},
      {"ftyp without brand", box("ftyp", "") + kMoov + kMdat, "too small"},
      {"no moov", ftyp("isom") + kMdat, "moov"},
      {"no mdat", ftyp("isom") + kMoov, "mdat"},
      {"empty mdat", ftyp("isom") + kMoov + box("mdat", ""), "mdat"},
      {"empty mdat to the end", ftyp("isom") + kMoov + raw({0, 0, 0, 0}) + "mdat", "mdat"},
      {"moov inside mdat only", ftyp("isom") + box("mdat", kMoov), "moov"},
      {"nothing behind ftyp", ftyp("isom"), "moov"},
  };
  for (const Case& c : cases) {
    for (const std::size_t piece : {kAtOnce, std::size_t{1}, std::size_t{5}}) {
      const ContainerReport report = check(c.bytes, piece);
      EXPECT_EQ(report.extension, "") << c.name;
      EXPECT_NE(report.failure.find(c.says), std::string::npos) << c.name << ": " << report.failure;
    }
  }
}

TEST(VideoContainer, ElementsMayBeOfUnknownSizeButMustNotLie) {
  struct Case {
    const char* name;
    std::string bytes;
    std::string says;  // empty: a video
  };
  const std::string head = element("\x1A\x45\xDF\xA3", element("\x42\x82", "webm"));
  const std::string segment = raw({0x18, 0x53, 0x80, 0x67, 0x01}) + std::string(7, '\xFF');
  const std::string tracks = element("\x16\x54\xAE\x6B", "t");
  const std::string open_cluster = raw({0x1F, 0x43, 0xB6, 0x75, 0xFF});
  const std::string time = raw({0xE7, 0x81, 0x00});
  const std::string block = raw({0xA3, 0x84, 0x81, 0x00, 0x00, 0x80});
  const std::string live = head + segment + tracks + open_cluster + time + block + block;
  const std::vector<Case> cases{
      {"live", live, ""},
      {"live, two clusters", live + open_cluster + time + block, ""},
      {"live, cut in a block", live.substr(0, live.size() - 1), "1 bytes of its last element"},
      {"live, cut in a header", live + raw({0xA3}), "header"},
      {"live, cut in a long size", live + raw({0xA3, 0x10, 0x00}), "header"},
      {"no cluster", head + segment + tracks, "Cluster"},
      {"no tracks", head + segment + open_cluster + time, "Tracks"},
      {"header alone", head, "Tracks"},
      {"no element", live + std::string(4, '\0'), "not an element"},
      {"no size", live + raw({0xA3, 0x00, 0x00}), "not an element"},
      {"unknown size elsewhere", live + raw({0xA3, 0xFF}), "unknown size"},
      {"child beyond its Segment",
       head + raw({0x18, 0x53, 0x80, 0x67, 0x84}) + raw({0xEC, 0x83}) + "abc", "after the Segment"},
      {"Segment cut between children", head + raw({0x18, 0x53, 0x80, 0x67, 0xA0}) + tracks,
       "of its Segment"},
  };
  for (const Case& c : cases) {
    for (const std::size_t piece : {kAtOnce, std::size_t{1}, std::size_t{3}}) {
      const ContainerReport report = check(c.bytes, piece);
      EXPECT_EQ(report.extension, c.says.empty() ? "webm" : "") << c.name << report.failure;
      EXPECT_NE(report.failure.find(c.says), std::string::npos) << c.name << ": " << report.failure;
    }
  }
}

TEST(VideoContainer, ACutFileNeverPasses) {
  const std::string videos[] = {
      support::tiny_mp4(700),  support::tiny_mp4(9000),
      support::tiny_mov(400),  ftyp("isom") + large_box("mdat", std::string(600, 'd')) + kMoov,
      support::tiny_webm(700), support::tiny_webm(9000),
  };
  for (const std::string& video : videos) {
    ASSERT_EQ(check(video).failure, "");
    for (std::size_t size = 0; size < video.size(); ++size) {
      ASSERT_NE(check(video.substr(0, size)).failure, "") << size << " of " << video.size();
    }
    EXPECT_NE(check(video + "\n").failure, "");
  }
}

TEST(VideoContainer, AFragmentCutAfterItsMoofIsNotACompleteVideo) {
  const std::string start = ftyp("iso5") + kMoov;
  const std::string fragment = box("moof", "f") + kMdat;
  EXPECT_EQ(check(start + fragment + fragment).failure, "");
  EXPECT_EQ(check(start + fragment + box("mfra", "r")).failure, "");
  for (const std::string& cut :
       {start + fragment + box("moof", "f"), start + kMdat + box("moof", "f"),
        start + fragment + box("moof", "f") + box("free", "x")}) {
    EXPECT_NE(check(cut).failure.find("'moof'"), std::string::npos);
  }
}

TEST(VideoContainer, DamageAnywhereIsHarmless) {
  // Every byte of the boxes' headers replaced by each of these values: the result does not depend
  // on the pieces.
  for (const std::string& video : {support::tiny_mp4(200), support::tiny_webm(200)}) {
    for (std::size_t at = 0; at < video.size(); ++at) {
      for (const char byte : {'\0', '\1', '\x7F', '\x80', '\xFF'}) {
        std::string damaged = video;
        damaged[at] = byte;
        const ContainerReport whole = check(damaged);
        const ContainerReport pieces = check(damaged, 3);
        ASSERT_EQ(whole.extension, pieces.extension) << at;
        ASSERT_EQ(whole.failure, pieces.failure) << at;
        ASSERT_NE(whole.extension.empty(), whole.failure.empty()) << at;
      }
    }
  }
}

}  // namespace
