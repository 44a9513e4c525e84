#include "core/text/xml.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using core::parse_xml;

TEST(Xml, ReadsWhatS3Answers) {
  const auto root = parse_xml(
      "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x -->"
      "<s3:List xmlns:s3='http://s3.amazonaws.com/doc/2006-03-01/' a=\"<>/\">\n"
      "<s3:Key>a&amp;b&lt;&#x4E2D;&#233;&quot;</s3:Key><Empty/><Empty2></Empty2 >"
      "<Key><![CDATA[<raw>&amp;]]></Key></s3:List>\n");
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->name, "List");
  ASSERT_EQ(root->children.size(), 4U);
  EXPECT_EQ(root->text_of("Key"), "a&b<\u4E2D\u00E9\"");
  EXPECT_EQ(root->children[3].text, "<raw>&amp;");
  EXPECT_NE(root->child("Empty"), nullptr);
  EXPECT_EQ(root->text_of("Empty2"), "");
  EXPECT_EQ(root->child("None"), nullptr);
  EXPECT_EQ(root->text_of("None"), "");
}

TEST(Xml, WhatIsNotWellFormedIsNothing) {
  std::string deep;
  for (int i = 0; i < 17; ++i) {
    deep = "<a>" + deep + "</a>";
  }
  const std::vector<std::string> cases = {"",
                                          "text",
                                          "<a>",
                                          "<a></b>",
                                          "<a><b></a></b>",
                                          "<a>&other;</a>",
                                          "<a>&#0;</a>",
                                          "<a>&lt",
                                          "<a/><b/>",
                                          "<a b='>",
                                          "<!DOCTYPE a><a/>",
                                          "<a><!DOCTYPE b></a>",
                                          "<a><!-- </a>",
                                          "<",
                                          "<>",
                                          "</a>",
                                          "<a>&#x110000;</a>",
                                          "{\"a\":1}",
                                          "<a><b</a>",
                                          "<a",
                                          "<a/>junk",
                                          deep};
  for (const std::string& text : cases) {
    EXPECT_FALSE(parse_xml(text).has_value()) << text;
  }
  EXPECT_TRUE(parse_xml(deep.substr(3, deep.size() - 7)).has_value()) << "16 levels";
}

TEST(Xml, EscapedTextComesBack) {
  const std::string text = "<a href=\"x\">&'\"</a>\xC3\xA9";
  const auto root = parse_xml("<t>" + core::xml_escaped(text) + "</t>");
  ASSERT_TRUE(root.has_value());
  EXPECT_EQ(root->text, text);
}

}  // namespace
