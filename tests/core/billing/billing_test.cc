#include "core/billing/billing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using core::Charge;
using core::FinishedTask;
using core::PriceBook;
using core::TimeZone;

PriceBook book(std::string rows) {
  std::string text = "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n" + rows;
  return PriceBook::read(
      [text, at = std::size_t{0}](char* buffer, std::size_t size) mutable {
        const std::size_t count = std::min(size, text.size() - at);
        text.copy(buffer, count, at);
        at += count;
        return count;
      },
      "prices.csv");
}

FinishedTask finished() {
  FinishedTask task;
  task.task_id = "t";
  task.succeeded = true;
  task.snapshot = 184;
  task.raw_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  task.billed_at = core::parse_period("2026-10-05", TimeZone("UTC")).begin;
  task.facts.model = "m";
  task.facts.resolution = "720p";
  task.facts.duration_seconds = "5.0";
  task.facts.output_seconds = "5.041";
  task.facts.video_count = "2";
  task.facts.completion_tokens = "108900";
  task.facts.super_resolution_tokens = "245025";
  task.facts.units = "3.6";
  task.facts.credits = "7";
  return task;
}

std::string shown(const Charge& charge) {
  const auto text = [](const auto& value) { return value ? value->text() : std::string("-"); };
  return text(charge.quantity) + " x " + text(charge.unit_price) + " = " + text(charge.cost) + " " +
         charge.currency + (charge.cost_note.empty() ? "" : " (" + charge.cost_note + ")");
}

std::string charged(const FinishedTask& task, const std::string& rows) {
  const PriceBook prices = book(rows);
  std::string all;
  for (const Charge& charge : core::charges_of(task, {.prices = &prices}, TimeZone("UTC"))) {
    all += (all.empty() ? "" : " | ") + shown(charge);
  }
  return all;
}

// With optional columns: "model,unit,price,currency," and these.
std::string charged_by(const FinishedTask& task, const std::string& columns,
                       const std::string& rows) {
  const PriceBook prices =
      PriceBook::parse("model,unit,price,currency," + columns + "\n" + rows, "prices.csv");
  std::string all;
  for (const Charge& charge : core::charges_of(task, {.prices = &prices}, TimeZone("UTC"))) {
    all += (all.empty() ? "" : " | ") + shown(charge);
  }
  return all;
}

TEST(Billing, QuantitiesAreRoundedUpAndHaveAMinimum) {
  FinishedTask task = finished();  // 5.041 seconds
  const std::string columns = "minimum,round_up";
  EXPECT_EQ(charged_by(task, columns, "m,output_second,2,CNY,,1\n"),
            "6 x 2 = 12 CNY (quantity 5.041 rounded up)");
  EXPECT_EQ(charged_by(task, columns, "m,output_second,2,CNY,,5.041\n"), "5.041 x 2 = 10.082 CNY");
  EXPECT_EQ(charged_by(task, columns, "m,output_second,2,CNY,,0.3\n"),
            "5.1 x 2 = 10.2 CNY (quantity 5.041 rounded up)");
  EXPECT_EQ(charged_by(task, columns, "m,output_second,2,CNY,5,\n"), "5.041 x 2 = 10.082 CNY");
  EXPECT_EQ(charged_by(task, columns, "m,output_second,2,CNY,5.5,\n"),
            "5.5 x 2 = 11 CNY (minimum quantity)");
  EXPECT_EQ(charged_by(task, columns, "m,output_second,2,CNY,6.5,1\n"),
            "6.5 x 2 = 13 CNY (quantity 5.041 rounded up; minimum quantity)");
  EXPECT_EQ(charged_by(task, columns, "m,mtoken,46,CNY,0.2,\n"),
            "0.2 x 46 = 9.2 CNY (minimum quantity)");
  task.facts.output_seconds = "0";
  EXPECT_EQ(charged_by(task, columns, "m,output_second,2,CNY,6.5,1\n"), "0 x 2 = 0 CNY");
  task.facts.output_seconds = "";
  EXPECT_EQ(charged_by(task, columns, "m,output_second,2,CNY,6.5,1\n"),
            "- x 2 = - CNY (the answer has no usable output_seconds)");
}

TEST(Billing, TheNetPriceIsShownWithItsDiscount) {
  const FinishedTask task = finished();
  EXPECT_EQ(charged_by(task, "discount,note", "m,second,0.9,CNY,12.5%,contract 7\n"),
            "5 x 0.7875 = 3.9375 CNY (12.5% off 0.9; price note: contract 7)");
  EXPECT_EQ(charged_by(task, "discount,note", "m,second,0.9,CNY,100 %,\n"),
            "5 x 0 = 0 CNY (100% off 0.9)");
  EXPECT_EQ(charged_by(task, "discount,note", "m,second,0.9,CNY,0%,charged under account x\n"),
            "5 x 0.9 = 4.5 CNY (price note: charged under account x)")
      << "a text of the book is not a note of ours";
}

TEST(Billing, TasksQuotaInputAndLabelsAreUnits) {
  FinishedTask task = finished();
  task.facts.quota = "217800";
  task.facts.input_seconds = "3.5";
  task.labels = {{"Seconds", "8"}};
  EXPECT_EQ(charged_by(task, "note", "m,task,2,CNY,\n"), "1 x 2 = 2 CNY");
  EXPECT_EQ(charged_by(task, "note", "m,quota,7.2,CNY,\n"), "0.4356 x 7.2 = 3.13632 CNY");
  EXPECT_EQ(charged_by(task, "note", "m,quota,7.2,CNY,\n# quota-per-unit: 1000000\n"),
            "0.2178 x 7.2 = 1.56816 CNY");
  EXPECT_EQ(charged_by(task, "note", "m,input_second,2,CNY,\n"), "3.5 x 2 = 7 CNY");
  EXPECT_EQ(charged_by(task, "note", "m,label:Seconds,2,CNY,\n"),
            "8 x 2 = 16 CNY (quantity is the label Seconds)");
  for (const char* unusable : {"", "8s", "-8", "1e1", "8,5"}) {
    task.labels = {{"Seconds", unusable}};
    EXPECT_EQ(charged_by(task, "note", "m,label:Seconds,2,CNY,\n"),
              "- x 2 = - CNY (the label Seconds is not a usable number)");
  }
  task.facts.quota = "";
  EXPECT_EQ(charged_by(task, "note", "m,quota,7.2,CNY,\n"),
            "- x 7.2 = - CNY (the answer has no usable quota)");
}

TEST(Billing, RowsThatFitEquallyWellGiveNoPrice) {
  FinishedTask task = finished();
  task.account = "studio";
  task.labels = {{"c", "x"}};
  const std::string rows =
      "m,second,2,CNY,studio,\nm,second,2,CNY,,x\nm,sr_mtoken,1,CNY,,x\nm,sr_mtoken,1,CNY,,x\n";
  EXPECT_EQ(charged_by(task, "account,label:c", rows),
            "- x - = -  (lines 2 and 3 of the price book fit equally well) | "
            "- x - = -  (lines 4 and 5 of the price book fit equally well)");
  EXPECT_EQ(charged_by(task, "account,label:c", rows + "m,second,3,CNY,studio,x\n").substr(0, 13),
            "5 x 3 = 15 CN");
}

TEST(Billing, ATaskChargedUnderAnotherAccountCostsNothing) {
  FinishedTask task = finished();
  task.charged_under = "studio";
  EXPECT_EQ(charged(task, "m,second,,,2,USD,,\nm,sr_mtoken,,,3,USD,,\n"),
            "0 x 2 = 0 USD (charged under account studio) | "
            "0 x 3 = 0 USD (charged under account studio)");
  EXPECT_EQ(charged(task, "other,second,,,2,USD,,\n"), "- x - = 0  (charged under account studio)");
  EXPECT_EQ(shown(core::charges_of(task, {}, TimeZone("UTC")).front()),
            "- x - = 0  (charged under account studio)");
  task.succeeded = false;
  EXPECT_EQ(charged(task, "m,second,,,2,USD,,\n"), "- x - = 0  (failed)");
}

TEST(Billing, TheNoteShowsThatALineIsChargedElsewhere) {
  const std::vector<std::pair<std::string, bool>> notes = {
      {"charged under account studio", true},
      {"charged under account studio; no finish time: billed when first seen finished", true},
      {"reversal; charged under account studio", true},
      {"", false},
      {"failed", false},
      {"reversal", false},
      {"no price for model charged under account x", false},
  };
  for (const auto& [note, elsewhere] : notes) {
    EXPECT_EQ(core::is_charged_elsewhere({.cost_note = note}), elsewhere) << note;
  }
}

TEST(Billing, EveryUnitHasItsCount) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"second", "5 x 0.3 = 1.5 CNY"},  {"output_second", "5.041 x 0.3 = 1.5123 CNY"},
      {"video", "2 x 0.3 = 0.6 CNY"},   {"mtoken", "0.1089 x 0.3 = 0.03267 CNY"},
      {"unit", "3.6 x 0.3 = 1.08 CNY"}, {"credit", "7 x 0.3 = 2.1 CNY"},
  };
  for (const auto& [unit, expected] : cases) {
    EXPECT_EQ(charged(finished(), "m," + unit + ",,,0.30,CNY,,\n"), expected);
  }
}

TEST(Billing, SuperResolutionHasItsOwnLine) {
  const std::string rows = "m,mtoken,,,46,CNY,,\nm,sr_mtoken,,,2,USD,,\n";
  EXPECT_EQ(charged(finished(), rows), "0.1089 x 46 = 5.0094 CNY | 0.245025 x 2 = 0.49005 USD");
  FinishedTask plain = finished();
  plain.facts.super_resolution_tokens.clear();
  EXPECT_EQ(charged(plain, rows), "0.1089 x 46 = 5.0094 CNY");
}

TEST(Billing, SuperResolutionAndGenerationHaveSeparateTiers) {
  const std::string rows =
      "m,mtoken,,720,46,CNY,,\nm,mtoken,721,1080,51,CNY,,\nm,mtoken,1081,,26,CNY,,\n"
      "m,sr_mtoken,,1080,2,CNY,,\nm,sr_mtoken,1081,,4,CNY,,\n";
  FinishedTask task = finished();
  task.facts.completion_tokens = task.facts.super_resolution_tokens = "1000000";
  const auto cost = [&](const char* generated, const char* delivered) {
    task.facts.generation_resolution = generated;
    task.facts.resolution = delivered;
    return charged(task, rows);
  };
  EXPECT_EQ(cost("720p", "1080p"), "1 x 46 = 46 CNY | 1 x 2 = 2 CNY");
  EXPECT_EQ(cost("720p", "2160p"), "1 x 46 = 46 CNY | 1 x 4 = 4 CNY");
  EXPECT_EQ(cost("1080p", "2160p"), "1 x 51 = 51 CNY | 1 x 4 = 4 CNY");
  // For a task that an earlier version recorded: nothing is guessed, and only the known part is
  // charged.
  EXPECT_EQ(cost("", "1080p"),
            "- x - = -  (the resolution of the generation is not known; `run --refresh` asks for "
            "it) | 1 x 2 = 2 CNY");
  EXPECT_EQ(charged(task, "m,mtoken,,,46,CNY,,\n"), "1 x 46 = 46 CNY");
  // By the delivered resolution.
  EXPECT_EQ(charged(task, "m,second,,1080,2,CNY,,\n"), "5 x 2 = 10 CNY");
  task.facts.super_resolution_tokens.clear();
  EXPECT_EQ(charged(task, rows), "1 x 51 = 51 CNY");
  // Some answers have the count although nothing was enhanced.
  task.facts.super_resolution_tokens = "0";
  EXPECT_EQ(charged(task, rows), "1 x 51 = 51 CNY | 0 x 2 = 0 CNY");
  EXPECT_EQ(cost("720p", "1080p"), "1 x 46 = 46 CNY | 0 x 2 = 0 CNY");
}

TEST(Billing, UnknownIsEmptyWithItsReasonNeverZero) {
  FinishedTask task = finished();
  EXPECT_EQ(charged(task, "other,second,,,1,CNY,,\n"), "- x - = -  (no price for this model)");
  EXPECT_EQ(charged(task, "m,second,1080,,1,CNY,,\n"), "- x - = -  (no price for this resolution)");
  EXPECT_EQ(charged(task, "m,second,,,1,CNY,,2026-10-04\n"), "- x - = -  (no price at this date)");
  EXPECT_EQ(shown(core::charges_of(task, {}, TimeZone("UTC")).front()),
            "- x - = -  (no price book)");
  task.facts.duration_seconds.clear();
  EXPECT_EQ(charged(task, "m,second,,,1,CNY,,\n"),
            "- x 1 = - CNY (the answer has no usable duration_seconds)");
  task.facts.duration_seconds = "-1";  // "auto", as some vendors write it
  EXPECT_EQ(charged(task, "m,second,,,1,CNY,,\n"),
            "- x 1 = - CNY (the answer has no usable duration_seconds)");
  task.facts.model.clear();
  EXPECT_EQ(charged(task, "*,second,,,1,CNY,,\n"), "- x - = -  (the model is unknown)");
}

// The sum of a period has 38 digits: one absurd count must not make it overflow.
TEST(Billing, NoSingleAmountCanStopAReport) {
  FinishedTask task = finished();
  task.facts.duration_seconds = "1111111111";
  EXPECT_EQ(charged(task, "m,second,,,1,CNY,,\n"),
            "1111111111 x 1 = - CNY (the amount is not below 1000000000)");
  EXPECT_EQ(charged(task, "m,second,,,0.9,CNY,,\n"), "1111111111 x 0.9 = 999999999.9 CNY");
  task.facts.duration_seconds = "1.0416666666666667";
  EXPECT_EQ(charged(task, "m,second,,,0.00000001,CNY,,\n"),
            "1.0416666666666667 x 0.00000001 = 0.000000010416666666666667 CNY");
  EXPECT_EQ(charged(task, "m,second,,,0.000000001,CNY,,\n"),
            "1.0416666666666667 x 0.000000001 = - CNY (the amount has more than 24 decimals)");
}

TEST(Billing, FailuresCostNothing) {
  FinishedTask task = finished();
  task.succeeded = false;
  EXPECT_EQ(charged(task, "m,second,,,1,CNY,,\nm,sr_mtoken,,,1,CNY,,\n"), "- x - = 0  (failed)");
  task.billed_at_source = core::BilledAt::first_seen_finished;
  EXPECT_EQ(charged(task, ""),
            "- x - = 0  (failed; no finish time: billed when first seen finished)");
  task.billed_at_source = core::BilledAt::first_seen;
  EXPECT_EQ(charged(task, ""), "- x - = 0  (failed; no submit time: placed when first seen)");
}

TEST(Billing, AFailureThatKeepsItsQuotaSaysSo) {
  FinishedTask task = finished();
  for (const auto& [quota, note] : std::vector<std::pair<std::string, std::string>>{
           {"500000", "failed; quota 500000 is not shown as refunded"},
           {"0.5", "failed; quota 0.5 is not shown as refunded"},
           {"0", "failed"},
           {"0.0", "failed"},
           {"", "failed"},
           {"many", "failed"}}) {
    task.succeeded = false;
    task.facts.quota = quota;
    EXPECT_EQ(charged(task, ""), "- x - = 0  (" + note + ")");
    EXPECT_EQ(core::is_not_shown_as_refunded(task), note != "failed") << quota;
    task.succeeded = true;
    EXPECT_FALSE(core::is_not_shown_as_refunded(task)) << quota;
  }
  task.succeeded = false;
  task.facts.quota = "7";
  task.billed_at_source = core::BilledAt::first_seen_finished;
  EXPECT_EQ(charged(task, ""),
            "- x - = 0  (failed; quota 7 is not shown as refunded; no finish time: billed when "
            "first seen finished)");
}

TEST(Billing, ThePriceDependsOnTheDayInTheZone) {
  const PriceBook prices = book("m,second,,,1,CNY,,2026-10-04\nm,second,,,2,CNY,2026-10-05,\n");
  FinishedTask task = finished();  // midnight UTC: still the 4th in New York
  const auto cost = [&](const char* zone) {
    return core::charges_of(task, {.prices = &prices}, TimeZone(zone)).front().cost->text();
  };
  EXPECT_EQ(cost("UTC"), "10");
  EXPECT_EQ(cost("America/New_York"), "5");
}

TEST(Billing, ALineIdLeadsBackToItsSnapshot) {
  const FinishedTask task = finished();
  EXPECT_EQ(core::line_id(task.snapshot, task.raw_sha256, core::LineKind::main),
            "184-9f86d081884c");
  const std::string extra =
      core::line_id(task.snapshot, task.raw_sha256, core::LineKind::super_resolution);
  EXPECT_EQ(extra, "184-9f86d081884c-sr");
  EXPECT_TRUE(core::is_reversal_id(core::reversal_id(extra)));
  EXPECT_FALSE(core::is_reversal_id(extra));
  for (const std::string& id : {extra, core::reversal_id(extra)}) {
    EXPECT_EQ(core::kind_of_line(id), core::LineKind::super_resolution) << id;
  }
  for (const char* id : {"184-9f86d081884c", "184-9f86d081884c-reversal"}) {
    EXPECT_EQ(core::kind_of_line(id), core::LineKind::main) << id;
  }
  const std::string third =
      core::line_id(task.snapshot, task.raw_sha256, core::LineKind::super_resolution, 3);
  EXPECT_EQ(third, "184-9f86d081884c-sr-r3");
  EXPECT_EQ(core::kind_of_line(core::reversal_id(third)), core::LineKind::super_resolution);
  EXPECT_EQ(core::kind_of_line("184-9f86d081884c-r12-reversal"), core::LineKind::main);
  for (const std::string& id :
       {extra, core::reversal_id(extra), third, core::reversal_id(third),
        std::string("184-9f86d081884c"), std::string("184-9f86d081884c-r12-reversal")}) {
    const auto origin = core::origin_of_line(id);
    ASSERT_TRUE(origin) << id;
    EXPECT_EQ(origin->snapshot, 184);
    EXPECT_EQ(origin->sha256_begin, "9f86d081884c");
  }
  for (const char* text :
       {"", "184", "184-", "184-9f86d081884", "184-9f86d081884cc", "-1-9f86d081884c",
        "x-9f86d081884c", "184-9F86D081884C", "99999999999999999999-9f86d081884c"}) {
    EXPECT_FALSE(core::origin_of_line(text)) << text;
    EXPECT_FALSE(core::origin_of_line(std::string(text) + "-r2")) << text;
  }
}

}  // namespace
