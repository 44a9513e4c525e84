#include "cmd/serve/assets.h"

#include <array>
#include <string>

namespace cmd {
namespace {

constexpr std::string_view kStyleSheet = R"css(
:root{--ink:#16202a;--soft:#566372;--line:#dfe5ea;--paper:#fbfcfd;--card:#fff;--accent:#0b6a85;--good:#0b6a85;--bad:#b5651d;--open:#9fb4c0;--lost:#7a3b52;--warn:#9a3b1f;--shade:0 1px 2px rgba(20,40,60,.06)}
@media(prefers-color-scheme:dark){:root{--ink:#e6ebef;--soft:#9daab6;--line:#29333d;--paper:#11171c;--card:#182028;--accent:#6cc5df;--good:#4fa9c4;--bad:#e0a052;--open:#4b5d6b;--lost:#c98aa2;--warn:#f0906d;--shade:none}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.18em}
a:focus-visible,button:focus-visible,input:focus-visible,summary:focus-visible,video:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:.25rem}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);padding:.5rem 1rem;z-index:2}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem 1.5rem;max-width:68rem;margin:0 auto;padding:1rem 1.25rem}
.brand{font-weight:700;font-size:1.1rem;letter-spacing:-.01em;color:var(--ink);text-decoration:none}
nav{display:flex;gap:.25rem}
nav a{color:var(--soft);text-decoration:none;padding:.3rem .7rem;border-radius:2rem}
nav a:hover{color:var(--ink)}
nav a[aria-current]{color:var(--accent);background:var(--card);box-shadow:inset 0 0 0 1px var(--line);font-weight:600}
form{display:flex;gap:.4rem;margin-left:auto;flex:1 1 14rem;max-width:22rem}
input{flex:1;min-width:0;font:inherit;color:inherit;background:var(--card);border:1px solid var(--soft);border-radius:.5rem;padding:.35rem .7rem}
button{font:inherit;color:var(--accent);background:var(--card);border:1px solid var(--soft);border-radius:.5rem;padding:.35rem .8rem;cursor:pointer}
main{max-width:68rem;margin:0 auto;padding:.5rem 1.25rem 2rem}
footer{max-width:68rem;margin:0 auto;padding:1rem 1.25rem 2.5rem;color:var(--soft);font-size:.85rem}
h1{font-size:1.6rem;line-height:1.2;letter-spacing:-.015em;margin:.5rem 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.02rem;margin:2.25rem 0 .6rem}
h2 .soft{font-weight:400;font-size:.85rem}
p{margin:.25rem 0}
.soft,th{color:var(--soft)}.warn{color:var(--warn)}
.pulse::before{content:"";display:inline-block;width:.6em;height:.6em;border-radius:50%;background:var(--open);margin-right:.5em}
.pulse.on::before{background:var(--good);animation:pulse 2s infinite}
@keyframes pulse{50%{opacity:.35}}
@media(prefers-reduced-motion:reduce){.pulse.on::before{animation:none}}
.steps{list-style:none;display:grid;grid-template-columns:repeat(4,1fr);gap:.75rem;margin:1.25rem 0 .75rem;padding:0}
.steps li{position:relative;background:var(--card);border:1px solid var(--line);border-radius:.8rem;padding:.9rem 1.1rem;box-shadow:var(--shade);min-width:0}
.steps li+li::before{content:"";position:absolute;left:-.6rem;top:50%;width:.45rem;height:.45rem;border:solid var(--soft);border-width:2px 2px 0 0;transform:translateY(-50%) rotate(45deg);background:var(--paper)}
.steps b{display:block;font-size:2rem;line-height:1.2;font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.steps span{display:block;color:var(--soft);font-size:.85rem}
svg.share{display:block;width:100%;height:.7rem;border-radius:.35rem;background:var(--line)}
.good{fill:var(--good)}.bad{fill:var(--bad)}.open{fill:var(--open)}.lost{fill:var(--lost)}
.key{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;margin:.5rem 0 0;padding:0;font-size:.85rem;color:var(--soft);font-variant-numeric:tabular-nums}
.key svg{width:.7em;height:.7em;margin-right:.4em}.key b{color:var(--ink);font-weight:600}
svg.columns{width:100%;height:auto;max-height:13rem;display:block;overflow:visible}
svg text{font-size:9px;text-anchor:middle;fill:var(--soft)}
svg .axis{stroke:var(--line)}svg line.tick{stroke:var(--line);stroke-dasharray:2 3}svg text.tick{text-anchor:end}svg text.unit{text-anchor:start}
svg.bar{width:100%;height:.5rem;display:block}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 2.5rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:500;font-size:.82rem;white-space:nowrap}
th,td{padding:.4rem .9rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:middle}
th:last-child,td:last-child{padding-right:0}
td.n,th.n{text-align:right;white-space:nowrap}
td.b{width:22%;min-width:4rem}
td.w{white-space:nowrap}
td:first-child,td.t{overflow-wrap:anywhere}
.id{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,monospace;font-size:.9em;overflow-wrap:anywhere}
h1.id{font-size:1.45rem}
.badge{display:inline-block;padding:.1rem .65rem;border-radius:2rem;font-size:.85rem;font-weight:600;border:1px solid currentColor;color:var(--soft)}
.badge.succeeded,.badge.done,.badge.alive{color:var(--accent)}.badge.failed,.badge.expired{color:var(--warn)}
dl.facts{display:grid;grid-template-columns:7rem minmax(0,1fr);gap:.35rem 1rem;margin:1rem 0}
dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;overflow-wrap:anywhere}
svg.life{display:block;width:100%;height:.7rem;border-radius:.35rem;margin:1rem 0 .25rem}
.watch{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr));gap:0 2rem;align-items:start}
.film{display:block;width:100%;max-height:70vh;background:#000;border-radius:.8rem;margin:1rem 0}
pre{background:var(--card);border:1px solid var(--line);border-radius:.8rem;padding:1rem;overflow-wrap:anywhere;white-space:pre-wrap;font:.85rem/1.5 ui-monospace,"DejaVu Sans Mono",Menlo,monospace}
.grid{list-style:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(14rem,1fr));gap:1.1rem;margin:1.25rem 0;padding:0}
.grid li{min-width:0}
.grid a{display:block;height:100%;background:var(--card);border:1px solid var(--line);border-radius:.8rem;overflow:hidden;text-decoration:none;color:inherit;box-shadow:var(--shade)}
.grid a:hover{border-color:var(--accent)}
.grid video,.grid .blank{display:block;width:100%;aspect-ratio:16/9;object-fit:cover;background:#0d141a}
.grid span{display:block;padding:0 .9rem;overflow-wrap:anywhere;font-size:.88rem}
.grid .id{padding-top:.6rem;color:var(--accent)}.grid span:last-child{padding-bottom:.75rem}
.more{display:inline-block;margin:.5rem 0;padding:.4rem 1.1rem;border:1px solid var(--soft);border-radius:2rem;text-decoration:none}
@media(max-width:46rem){.steps{grid-template-columns:repeat(2,minmax(0,1fr))}.steps li+li::before{content:none}.pair{grid-template-columns:minmax(0,1fr)}.steps b{font-size:1.6rem}svg text{font-size:16px}
form{max-width:none;flex-basis:100%}th,td{padding-right:.6rem;font-size:.88rem}td.b,th.b{display:none}dl.facts{grid-template-columns:5rem minmax(0,1fr)}.grid{grid-template-columns:repeat(2,minmax(0,1fr));gap:.7rem}}
@media(max-width:24rem){.top,main,footer{padding-left:1rem;padding-right:1rem}}
)css";

// Takes the sections of the same page anew, while somebody looks at it.
constexpr std::string_view kScript = R"js(
"use strict";
const seconds = 5;
async function renew() {
  if (document.hidden) return;
  const answer = await fetch(location.href, {cache: "no-store"});
  if (!answer.ok) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-live]")) {
    const fresh = page.querySelector(`[data-live="${old.dataset.live}"]`);
    if (fresh && fresh.outerHTML !== old.outerHTML && !old.contains(document.activeElement)) {
      old.replaceWith(document.adoptNode(fresh));
    }
  }
}
function turn() {
  renew().catch(() => {}).finally(() => setTimeout(turn, seconds * 1000));
}
setTimeout(turn, seconds * 1000);
)js";

constexpr std::string_view kIcon =
    "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" "
    "height=\"32\" rx=\"7\" fill=\"#0b6a85\"/><path d=\"M8 10v12M13 10v12M18 10v12M23 10v12M5 "
    "20 26 12\" stroke=\"#fff\" stroke-width=\"2.4\" stroke-linecap=\"round\"/></svg>";

struct Asset {
  std::string_view path;
  std::string_view type;
  std::string_view content;
};
constexpr std::array<Asset, 3> kAssets{{{"/style.css", "text/css; charset=utf-8", kStyleSheet},
                                        {"/live.js", "text/javascript; charset=utf-8", kScript},
                                        {"/icon.svg", "image/svg+xml", kIcon}}};

}  // namespace

std::optional<PageReply> asset_reply(std::string_view path) {
  for (const Asset& asset : kAssets) {
    if (asset.path == path) {
      PageReply reply{.type = std::string(asset.type), .body = std::string(asset.content)};
      reply.headers = {{"Cache-Control", "no-cache"}};  // another version may have another one
      return reply;
    }
  }
  return std::nullopt;
}

}  // namespace cmd
