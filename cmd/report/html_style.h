// The style sheet of the HTML report.
#pragma once

#include <string_view>

namespace cmd {

// The colours of parts have a contrast of 3 or more with the paper (WCAG 1.4.11), in both schemes,
// and each has a texture of its own (html_days.cc).
inline constexpr std::string_view kStyle = R"css(
:root{--ink:#1b1f24;--soft:#566170;--line:#e3e7ec;--paper:#fff;--card:#f7f8fa;--good:#2f6f8f;--bad:#b5651d;--warn:#9a3b1f;--two:#a3420f;--three:#2c7a52;--four:#77489e;--five:#7d6608;--six:#5c6672}
@media(prefers-color-scheme:dark){:root{--ink:#e7eaee;--soft:#9daab6;--line:#2c333c;--paper:#14181d;--card:#1b2027;--good:#6db3d2;--bad:#e0a458;--warn:#f0906d;--two:#f0906d;--three:#7fc99a;--four:#c3a0e8;--five:#dcc04a;--six:#98a2b0}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:60rem;margin:0 auto;padding:2rem 1.25rem 3rem}
h1{font-size:1.75rem;line-height:1.2;margin:0}
h2{font-size:1.05rem;margin:2.25rem 0 .75rem}
h2 .soft{font-weight:400;font-size:.85rem}
p{margin:.25rem 0}
.soft,caption,th{color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:.75rem;margin:1.5rem 0 0;padding:0}
.card{background:var(--card);border-radius:.6rem;padding:.8rem 1rem;min-width:0}
.card dt{color:var(--soft);font-size:.85rem}
.card dd{margin:0;font-size:1.45rem;font-weight:600;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.card small{display:block;color:var(--soft);font-size:.8rem;font-weight:400}
.warn{color:var(--warn)}
svg.columns{width:100%;height:auto;max-height:14rem;display:block;overflow:visible}
svg text{font-size:9px;text-anchor:middle;fill:var(--soft)}
.good{fill:var(--good)}.bad{fill:var(--bad)}.s2{fill:var(--two)}.s3{fill:var(--three)}.s4{fill:var(--four)}.s5{fill:var(--five)}.s6{fill:var(--six)}
.texture{stroke:var(--paper);stroke-width:.8;fill:none}
svg.columns rect{stroke:var(--paper);stroke-width:.5}
svg .axis{stroke:var(--soft)}
svg line.tick{stroke:var(--line);stroke-dasharray:2 3}
svg text.tick{text-anchor:end}svg text.unit{text-anchor:start}
svg.bar{width:100%;height:.5rem;display:block}
.key{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;margin:.5rem 0 0;padding:0;font-size:.85rem;color:var(--soft);font-variant-numeric:tabular-nums}
.key svg{width:.9em;height:.9em;margin-right:.4em}.key b{color:var(--ink);font-weight:600}
.scroll{overflow-x:auto}
.scroll:focus-visible,summary:focus-visible{outline:3px solid var(--good);outline-offset:2px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:500;font-size:.85rem}
th,td{padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:middle}
td.n,th.n{text-align:right;white-space:nowrap}
td.b{width:22%;min-width:4rem}
td:first-child{overflow-wrap:break-word;min-width:6.5rem;max-width:18rem}
@media(max-width:34rem){th,td{font-size:.85rem;padding-right:.5rem}td.b,th.b{display:none}td:first-child{overflow-wrap:anywhere}svg text{font-size:18px}}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--soft);font-size:.85rem}
footer{margin-top:2.5rem;color:var(--soft);font-size:.85rem}
.hash{overflow-wrap:anywhere;font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.8rem}
@page{margin:18mm 15mm;@bottom-right{content:counter(page) " / " counter(pages);font-size:9pt}}
@media print{:root{--ink:#000;--soft:#444;--line:#bbb;--paper:#fff;--card:#fff;--good:#2f6f8f;--bad:#b5651d;--warn:#9a3b1f;--two:#a3420f;--three:#2c7a52;--four:#77489e;--five:#7d6608;--six:#5c6672}
body{font-size:10pt}main{max-width:none;padding:0}.card{border:1px solid var(--line)}h2{margin-top:1.25rem}
*{print-color-adjust:exact}svg,tr,.card,section{break-inside:avoid}section:has(details){break-inside:auto}h2{break-after:avoid}.scroll{overflow:visible}
summary{display:none}details::details-content{content-visibility:visible;block-size:auto}}
)css";

}  // namespace cmd
