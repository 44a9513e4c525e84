#include "cmd/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "cmd/cli/exit_code.h"
#include "core/error.h"
#include "core/files/sha256.h"
#include "core/text/csv.h"
#include "storage/sqlite/database.h"
#include "tests/support/billing_ledger.h"
#include "tests/support/csv_table.h"
#include "tests/support/temp_dir.h"

namespace {

// 2026-10-05T00:00:00Z.
constexpr std::int64_t kDay = 1'791'158'400'000;

const std::string kPrices =
    "model,unit,min_sr,max_sr,price,currency,valid_from,valid_to\n"
    "happy*,second,,720,0.90,CNY,,\n"
    "seed*,mtoken,,,46,CNY,,\n"
    "seed*,sr_mtoken,,,2.5,USD,,\n";

using core::TaskState;
using support::utc;

class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    const auto at = [](std::int64_t seconds) { return utc(kDay + seconds * 1000); };
    add("t2", TaskState::succeeded,
        {.submit_time = at(0),
         .finish_time = at(60),
         .model = "happyhorse",
         .action = "=cmd()",
         .request_id = "req-7",
         .resolution = "720p",
         .ratio = "16:9",
         .duration_seconds = "5.0",
         .video_count = "1"},
        {{"customer", "A, B"}});
    add("t1", TaskState::succeeded,
        {.finish_time = at(60),
         .model = "seedance",
         .resolution = "1080p",
         .completion_tokens = "108900",
         .super_resolution_tokens = "245025"});
    add("t3", TaskState::failed, {.finish_time = at(90), .model = "happyhorse"});
    add("t4", TaskState::succeeded, {.finish_time = at(86400), .model = "unpriced"});
    add("open", TaskState::unfinished, {.submit_time = at(0)});
    add("gone", TaskState::missing, {.submit_time = at(0)});
    options_.ledger = ledger_;
    options_.period = "2026-10";
    options_.prices = folder_.write("prices.csv", kPrices);
  }

  void add(const std::string& id, TaskState state, const core::TaskFacts& facts,
           const core::Labels& labels = {}) {
    answers_.record(
        {.id = id, .state = state, .facts = facts, .labels = labels, .observed_at = kDay + 1});
  }
  nlohmann::json manifest() const {
    return nlohmann::json::parse(support::read_file(options_.output + ".manifest.json"));
  }
  std::string report() {
    std::ostringstream out;
    exit_code_ = cmd::write_report(options_, log_, out);
    return out.str();
  }

  support::TempDir folder_;
  std::string ledger_ = folder_.path("ledger.db");
  support::BillingLedger answers_{ledger_};
  cmd::ReportOptions options_;
  cmd::Log log_{{.level = cmd::LogLevel::error}};
  cmd::ExitCode exit_code_ = cmd::ExitCode::fatal;
};

const std::string kHeader =
    "line_id,account,task_id,model,action,status,submitted_at,started_at,finished_at,"
    "upstream_finished_at,resolution,ratio,duration_seconds,input_seconds,output_seconds,"
    "video_count,completion_tokens,total_tokens,super_resolution_tokens,units,credits,quota,unit,"
    "quantity,unit_price,currency,cost,cost_note,adjusts";

TEST_F(ReportTest, WritesALineATaskByTimeThenId) {
  const auto sha = [](const std::string& id) {
    core::Sha256 hash;
    hash.update(id);
    return core::hex(hash.finish());
  };
  const auto id = [&](int snapshot, const std::string& task) {
    return std::to_string(snapshot) + "-" + sha(task).substr(0, 12);
  };
  EXPECT_EQ(report(),
            kHeader + ",label_customer,snapshot_id,raw_sha256,request_id\n" +  //
                id(2, "t1") +
                ",default,t1,seedance,,success,,,2026-10-05T00:01:00+00:00,,1080p,,,,,,108900,,"
                "245025,,,,mtoken,0.1089,46,CNY,5.0094,,,,2," +
                sha("t1") + ",\n" +  //
                id(2, "t1") +
                "-sr,default,t1,seedance,,success,,,2026-10-05T00:01:00+00:00,,1080p,,,,,,,,,,,,"
                "sr_mtoken,0.245025,2.5,USD,0.6125625,,,,2," +
                sha("t1") + ",\n" +  //
                id(1, "t2") +
                ",default,t2,happyhorse,'=cmd(),success,2026-10-05T00:00:00+00:00,,"
                "2026-10-05T00:01:00+00:00,,720p,16:9,5.0,,,1,,,,,,,second,5,0.9,CNY,4.5,,,"
                "\"A, B\",1," +
                sha("t2") + ",req-7\n" +  //
                id(3, "t3") +
                ",default,t3,happyhorse,,failure,,,2026-10-05T00:01:30+00:00,,,,,,,,,,,,,,,,,,0,"
                "failed,,,3," +
                sha("t3") + ",\n" +  //
                id(4, "t4") +
                ",default,t4,unpriced,,success,,,2026-10-06T00:00:00+00:00,,,,,,,,,,,,,,,,,,,"
                "no price for this model,,,4," +
                sha("t4") + ",\n");
  EXPECT_EQ(exit_code_, cmd::ExitCode::ok);
}

std::vector<std::vector<std::string>> cells_of(std::string text, char delimiter) {
  core::CsvReader reader([&text](char* buffer, std::size_t size) {
    const std::size_t count = text.copy(buffer, size);
    text.erase(0, count);
    return count;
  });
  reader.set_delimiter(delimiter);
  std::vector<std::vector<std::string>> rows;
  for (core::CsvRow row; reader.next(row);) {
    rows.emplace_back(row.fields.begin(), row.fields.end());
  }
  return rows;
}

// Whatever users and gateways write into any column: no cell is a formula, and none is lost.
TEST_F(ReportTest, NoTextIsAFormula) {
  const std::string rest = "1,\"\n;|\tx";
  for (const std::string begin : {"=", "+", "-", "@", "\t", "\r"}) {
    const std::string value = begin + rest;
    answers_.record({.account = value,
                     .id = "any",
                     .facts = {.finish_time = utc(kDay),
                               .model = value,
                               .action = value,
                               .resolution = value,
                               .ratio = value},
                     .labels = {{value, value}},
                     .observed_at = kDay});
    // No list of ours names such a task.
    storage::open_for_writing(ledger_)->exec("UPDATE task SET task_id = '" + value +
                                             "' WHERE task_id = 'any'");
  }
  for (const char delimiter : {',', ';', '|', '\t'}) {
    options_.delimiter = std::string(1, delimiter);
    for (const std::string key : {"task", "model", "action", "resolution", "account"}) {
      options_.by = {key, "label:=" + rest};
      options_.by.resize(key == "task" ? 1 : 2);
      std::size_t guarded = 0;
      for (const auto& row : cells_of(report(), delimiter)) {
        for (const std::string& cell : row) {
          EXPECT_FALSE(!cell.empty() && std::string("=+-@\t\r").find(cell[0]) != std::string::npos)
              << key << ": " << cell;
          guarded += cell.starts_with("'") && cell.ends_with(rest) ? 1 : 0;
        }
      }
      // Account, ID, model, action, resolution, ratio and label of six tasks; or only the key of
      // each, and the label of one.
      EXPECT_EQ(guarded, key == "task" ? 42U : 7U) << key;
    }
  }
}

TEST_F(ReportTest, GroupsAddUpAndNeverMixCurrencies) {
  options_.by = {"day", "model"};
  EXPECT_EQ(report(),
            "day,model,tasks,currency,cost,unpriced,duration_seconds,input_seconds,output_seconds,"
            "video_count,completion_tokens,total_tokens,super_resolution_tokens,units,credits,"
            "quota\n"
            "2026-10-05,happyhorse,2,CNY,4.5,0,5,,,1,,,,,,\n"
            "2026-10-05,seedance,1,CNY,5.0094,0,,,,,108900,,245025,,,\n"
            "2026-10-05,seedance,0,USD,0.6125625,0,,,,,,,,,,\n"
            "2026-10-06,unpriced,1,,,1,,,,,,,,,,\n");
  options_.by = {"label:customer"};
  options_.status = "success";
  options_.delimiter = ";";
  EXPECT_NE(report().find("\nA, B;1;CNY;4.5;0;"), std::string::npos);
}

TEST_F(ReportTest, DaysAreThoseOfTheZone) {
  options_.by = {"day"};
  options_.zone = "America/New_York";
  const std::string text = report();
  EXPECT_NE(text.find("\n2026-10-04,"), std::string::npos) << text;
  EXPECT_EQ(text.find("\n2026-10-06,"), std::string::npos) << text;
}

TEST_F(ReportTest, JsonIsOneObjectALine) {
  options_.format = "json";
  std::istringstream lines(report());
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json.at("type"), "line");
  EXPECT_EQ(json.at("task_id"), "t1");
  EXPECT_EQ(json.at("completion_tokens"), 108900);
  EXPECT_NE(line.find("\"cost\":5.0094,"), std::string::npos) << line;
  EXPECT_TRUE(json.at("ratio").is_null());
  int count = 1;
  while (std::getline(lines, line)) {
    EXPECT_TRUE(nlohmann::json::accept(line)) << line;
    ++count;
  }
  EXPECT_EQ(count, 5);
}

TEST_F(ReportTest, EachTableOfThePageAddsUp) {
  options_.format = "html";
  const std::string page = report();
  const std::size_t table = page.find("<table id=\"label-customer\">");
  ASSERT_NE(table, std::string::npos);
  const std::string customers = page.substr(table, page.find("</table>", table) - table);
  EXPECT_NE(customers.find("A, B"), std::string::npos);
  const std::size_t none = customers.find("none</span>");
  ASSERT_NE(none, std::string::npos) << "three tasks have no customer";
  EXPECT_NE(customers.find("<td class=\"n\">2</td><td class=\"n\">1</td>", none), std::string::npos)
      << "two videos and a failure: " << customers;
  EXPECT_NE(page.find("<title>2026-10-31: "), std::string::npos)
      << "days without a task stand there";
}

TEST_F(ReportTest, RoundsOnlyOnRequest) {
  options_.round = core::Rounding{2};
  EXPECT_NE(report().find(",CNY,5.01,"), std::string::npos);
  EXPECT_NE(report().find(",USD,0.61,"), std::string::npos);
}

TEST_F(ReportTest, AFileComesWithItsManifest) {
  options_.output = folder_.path("october.csv");
  EXPECT_EQ(report(), "");
  const std::string text = support::read_file(options_.output);
  const auto manifest = this->manifest();
  core::Sha256 hash;
  hash.update(text);
  EXPECT_EQ(manifest.at("sha256"), core::hex(hash.finish()));
  EXPECT_EQ(manifest.at("rows"), 5);
  EXPECT_EQ(manifest.at("tasks"), 4);
  EXPECT_TRUE(manifest.at("account").is_null());
  EXPECT_EQ(manifest.at("unfinished"), 1);
  EXPECT_EQ(manifest.at("missing"), 1);
  EXPECT_EQ(manifest.at("unpriced"), 1);
  EXPECT_EQ(manifest.at("totals"), (nlohmann::json{{"CNY", 9.5094}, {"USD", 0.6125625}}));
  EXPECT_EQ(manifest.at("totals_complete"), false);
  EXPECT_EQ(manifest.at("unpriced_by_model"), (nlohmann::json{{"unpriced", 1}}));
  EXPECT_EQ(manifest.at("adjustments").at("lines"), 0);
  EXPECT_EQ(manifest.at("not_refunded"), 0);
  options_.output = "-";
  EXPECT_EQ(report(), text);
}

TEST_F(ReportTest, OfOneAccountNamesItInManifestAndPage) {
  answers_.record({.account = "studio",
                   .id = "s1",
                   .facts = {.finish_time = utc(kDay), .model = "happyhorse"},
                   .observed_at = kDay});
  options_.output = folder_.path("studio.csv");
  options_.account = "studio";
  (void)report();
  const auto manifest = this->manifest();
  EXPECT_EQ(manifest.at("account"), "studio");
  EXPECT_EQ(manifest.at("rows"), 1);
  EXPECT_EQ(manifest.at("unfinished"), 0) << "the one that is belongs to another account";
  options_.output = "-";
  options_.format = "html";
  EXPECT_NE(report().find(", account studio</p>"), std::string::npos);
  options_.account = "stduio";
  try {
    (void)report();
    ADD_FAILURE() << "an account that is none makes no empty report";
  } catch (const core::UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("use one of default, studio"), std::string::npos)
        << error.what();
  }
}

// The IDs of the rows of a report.
std::string ids_of(const std::string& report) {
  std::string ids;
  for (auto& row : support::csv_table(report)) {
    ids += row["task_id"] + " ";
  }
  return ids;
}

TEST_F(ReportTest, OfOneLabelHasOnlyItsTasksInEveryFormat) {
  add("t5", TaskState::succeeded,
      {.finish_time = utc(kDay + 95'000),
       .model = "happyhorse",
       .resolution = "720p",
       .duration_seconds = "2"},
      {{"customer", "Duck"}, {"project", "=x"}});
  add("open2", TaskState::unfinished, {.submit_time = utc(kDay)}, {{"customer", "Duck"}});
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"customer=Duck"}, "t5 "},
      {{"customer=A, B"}, "t2 "},
      {{"customer=Duck", "customer=A, B"}, "t2 t5 "},
      {{"customer=Duck", "project==x"}, "t5 "},
      {{"customer=A, B", "project==x"}, ""},
      {{"customer="}, "t1 t1 t3 t4 "},
      {{"customer=", "customer=Duck"}, "t1 t1 t3 t5 t4 "},
      {{"customer=duck"}, ""},
  };
  for (const auto& [labels, ids] : cases) {
    options_.labels = labels;
    EXPECT_EQ(ids_of(report()), ids) << labels.front();
  }
  options_.labels = {"customer=A, B"};
  EXPECT_EQ(report().find("label_project"), std::string::npos) << "another customer's";
  options_.labels = {"customer=Duck"};
  options_.by = {"model"};
  EXPECT_NE(report().find("\nhappyhorse,1,CNY"), std::string::npos) << report();
  options_.by = {"task"};
  options_.format = "html";
  EXPECT_NE(report().find(", customer=Duck</p>"), std::string::npos);
  EXPECT_EQ(report().find("A, B"), std::string::npos);
  options_.format = "csv";
  options_.output = folder_.path("duck.csv");
  (void)report();
  EXPECT_EQ(manifest().at("label"), (nlohmann::json{{"customer", {"Duck"}}}));
  EXPECT_EQ(manifest().at("rows"), 1);
  EXPECT_EQ(manifest().at("unfinished"), 1);
  EXPECT_EQ(manifest().at("missing"), 0);
}

TEST_F(ReportTest, DecimalCommasChangeNumbersAndNothingElse) {
  const std::string plain = report();
  options_.decimal_comma = true;
  std::string text = report();
  EXPECT_NE(text.find(";mtoken;0,1089;46;CNY;5,0094;"), std::string::npos) << text;
  EXPECT_NE(text.find(";720p;16:9;5,0;"), std::string::npos) << text;
  EXPECT_NE(text.find(";A, B;"), std::string::npos) << "a text is not a number";
  options_.delimiter = "tab";
  auto rows = cells_of(report(), '\t');
  EXPECT_EQ(rows.size(), 6U);
  for (auto& row : rows) {
    for (std::string& cell : row) {
      if (cell.find_first_not_of("0123456789,-") == std::string::npos) {
        std::replace(cell.begin(), cell.end(), ',', '.');
      }
    }
  }
  EXPECT_EQ(rows, cells_of(plain, ','));
}

TEST_F(ReportTest, AFailedReportLeavesTheOldFile) {
  options_.output = folder_.write("october.csv", "old");
  options_.prices = folder_.write("prices.csv", "model,unit,price,currency\nx,hour,1,USD\n");
  EXPECT_THROW(report(), core::UsageError);
  EXPECT_EQ(support::read_file(options_.output), "old");
}

TEST_F(ReportTest, AManifestThatCannotBeWrittenLeavesTheOldFile) {
  options_.output = folder_.write("october.csv", "old");
  std::filesystem::create_directory(options_.output + ".manifest.json");
  EXPECT_THROW(report(), core::Error);
  EXPECT_EQ(support::read_file(options_.output), "old");
}

TEST_F(ReportTest, NeverReplacesTheLedger) {
  options_.output = ledger_;
  EXPECT_THROW(report(), core::Error);
  options_.output = "-";
  EXPECT_FALSE(report().empty());
}

TEST_F(ReportTest, IsTheSameInEveryZoneAndLocaleOfTheMachine) {
  const std::string before = report();
  ::setenv("TZ", "Asia/Kathmandu", 1);
  ::setenv("LC_ALL", "de_DE.UTF-8", 1);
  EXPECT_EQ(report(), before);
  ::unsetenv("TZ");
  ::unsetenv("LC_ALL");
}

TEST_F(ReportTest, AnEmptyPeriodHasOnlyTheHeader) {
  options_.period = "2025";
  EXPECT_EQ(report(), kHeader + ",snapshot_id,raw_sha256,request_id\n");
  options_.bom = true;
  EXPECT_EQ(report(), "\xEF\xBB\xBF" + kHeader + ",snapshot_id,raw_sha256,request_id\n");
  options_.format = "json";
  EXPECT_EQ(report(), "");
}

TEST_F(ReportTest, RequireCompleteReportsUnfinishedTasks) {
  options_.require_complete = true;
  EXPECT_FALSE(report().empty());
  EXPECT_EQ(exit_code_, cmd::ExitCode::partly);
  options_.period = "2026-10-06";
  (void)report();
  EXPECT_EQ(exit_code_, cmd::ExitCode::ok);
}

TEST_F(ReportTest, RefusesInvalidOptions) {
  using Change = void (*)(cmd::ReportOptions&);
  const std::vector<std::pair<std::string, Change>> cases = {
      {"no period", [](auto& o) { o.period = ""; }},
      {"period and range", [](auto& o) { o.from = "2026-10-01", o.to = "2026-10-02"; }},
      {"half a range", [](auto& o) { o.period = "", o.from = "2026-10-01"; }},
      {"unknown key", [](auto& o) { o.by = {"colour"}; }},
      {"task with others",
       [](auto& o) {
         o.by = {"task", "day"};
       }},
      {"empty label", [](auto& o) { o.by = {"label:"}; }},
      {"zone", [](auto& o) { o.zone = "Mars/Olympus"; }},
      {"delimiter", [](auto& o) { o.delimiter = "x"; }},
      {"prices", [](auto& o) { o.prices = "/nonexistent/prices.csv"; }},
      {"a folder as prices", [](auto& o) { o.prices = "/"; }},
      {"a label without a value", [](auto& o) { o.labels = {"customer"}; }},
      {"a label without a name", [](auto& o) { o.labels = {"=A, B"}; }},
      {"decimal commas between commas",
       [](auto& o) {
         o.decimal_comma = true;
         o.delimiter = ",";
       }},
      {"decimal commas in JSON",
       [](auto& o) {
         o.decimal_comma = true;
         o.format = "json";
       }},
      {"decimal commas in FOCUS",
       [](auto& o) {
         o.decimal_comma = true;
         o.format = "focus";
       }},
      {"a key twice",
       [](auto& o) {
         o.by = {"label:x", "day", "label:x"};
       }},
  };
  const cmd::ReportOptions good = options_;
  for (const auto& [name, change] : cases) {
    options_ = good;
    change(options_);
    EXPECT_THROW((void)report(), core::UsageError) << name;
  }
}

}  // namespace
