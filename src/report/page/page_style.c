#include "report/page/page_parts.h"

/* The colours of series are those of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people
 * with any kind of colour blindness can distinguish. For contrast, yellow is darker on light
 * backgrounds and blue is lighter on dark ones. */
const char *const page_style[] = {
    ":root{color-scheme:light dark;"
    "--paper:#f6f6f3;--card:#ffffff;--ink:#1d1d1f;--soft:#5d6066;--grid:#e3e3df;--edge:#e2e2dd;"
    "--accent:#0072b2;--tint:#eaf3f9;--shade:#00000030;"
    "--s0:#0072b2;--s1:#d55e00;--s2:#009e73;--s3:#cc79a7;--s4:#e69f00;--s5:#56b4e9;"
    "--s6:#4d4d4d;--s7:#a39a00}\n",
    "@media screen and (prefers-color-scheme:dark){:root{"
    "--paper:#141517;--card:#1d1f22;--ink:#e9e9e6;--soft:#a4a8ae;--grid:#34373b;--edge:#303338;"
    "--accent:#56b4e9;--tint:#1b2a35;--shade:#000000b0;"
    "--s0:#3d9be0;--s1:#f0762b;--s2:#1fbf92;--s3:#dd96bd;--s4:#f0b030;--s5:#8fd0f5;"
    "--s6:#c9c9c9;--s7:#f0e442}}\n",
    "*{box-sizing:border-box}\n",
    "body{margin:0;background:var(--paper);color:var(--ink);"
    "font:16px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\",\"DejaVu Sans\","
    "sans-serif}\n",
    "main,header,footer{max-width:1240px;margin:0 auto;padding:0 24px}\n",
    "header{padding-top:40px}\n",
    "h1{font-size:2rem;line-height:1.2;margin:0 0 .3em;letter-spacing:-.015em;text-wrap:balance}\n",
    "h2{font-size:1.45rem;line-height:1.25;margin:2.2em 0 .3em;letter-spacing:-.01em}\n",
    "h3{font-size:1.06rem;line-height:1.35;margin:0 0 .7em;text-wrap:pretty}\n",
    "h1,h3,.lead,li{overflow-wrap:anywhere}h3 "
    "span{display:block;font-size:.84rem;font-weight:400;color:var(--soft)}\n",
    "nav{margin:14px 0 0;font-size:.88rem}nav p{display:flex;flex-wrap:wrap;gap:0 16px;margin:0}"
    "nav a:first-child{font-weight:600}\n",
    "a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}\n",
    ".about{color:var(--soft);margin:0 0 1em}\n", ".lead{margin:.2em 0;max-width:82ch}\n",
    ".note{color:var(--soft);font-size:.86rem;margin:.6em 0 0}\n",
    ".warn{border-left:4px solid var(--s1);background:var(--card);padding:.6em 1em;margin:1em 0;"
    "max-width:82ch}\n.warn ul{margin:.3em 0;padding-left:1.2em}\n",
    ".sides{display:grid;gap:0 36px;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),"
    "1fr));font-size:.95rem}\n",
    ".tiles{display:grid;gap:14px;margin:22px 0 8px;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,210px),1fr))}\n",
    ".tile{background:var(--card);border:1px solid var(--edge);border-radius:10px;"
    "padding:14px 18px 12px}\n",
    ".tile b{display:block;font-size:1.7rem;line-height:1.2;letter-spacing:-.02em;"
    "font-variant-numeric:tabular-nums;color:var(--accent)}\n",
    ".tile span{display:block;font-size:.86rem;color:var(--soft);line-height:1.35}\n",
    ".tile span.what{color:var(--ink);font-weight:600}\n",
    ".cards{display:grid;gap:20px;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr)"
    ");"
    "align-items:start}\n",
    ".card{background:var(--card);border:1px solid var(--edge);border-radius:10px;"
    "padding:18px 20px 16px;min-width:0}\n",
    ".card.whole{grid-column:1/-1}\n", "figure{margin:0}\n",
    "figure.of2,figure.of3{display:grid;gap:6px 16px;"
    "grid-template-columns:repeat(auto-fit,minmax(min(100%,320px),1fr))}\n",
    "figure .legend{grid-column:1/-1}\n", "figure>svg{display:block;width:100%;overflow:visible}\n",
    "svg text{font-family:inherit}figure>svg>svg>path{vector-effect:non-scaling-stroke}\n",
    ".legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 18px;margin:.5em 0 0;padding:0;"
    "font-size:.88rem;justify-content:center}\n",
    ".legend li{display:flex;align-items:center;gap:7px;overflow-wrap:anywhere}\n",
    ".legend svg{width:34px;height:12px;flex:none;overflow:visible}\n",
    /* A table that is wider than its card has a shadow at the side on which more can be seen. */
    ".table{position:relative;overflow-x:auto;margin-top:8px;background:"
    "linear-gradient(90deg,var(--card) 30%,transparent) 0/40px 100% no-repeat local,"
    "linear-gradient(270deg,var(--card) 30%,transparent) 100%/40px 100% no-repeat local,"
    "linear-gradient(90deg,var(--shade),transparent) 0/14px 100% no-repeat scroll,"
    "linear-gradient(270deg,var(--shade),transparent) 100%/14px 100% no-repeat scroll}\n",
    ".bars th{text-align:left}.bars small{font-weight:400}.bars td:last-child{width:45%}.bars "
    "i{display:block;height:1.1em;min-width:1px;"
    "background:var(--s0);border-radius:2px}\n",
    ".map td,.map th{padding:9px 2px;border:0;text-align:center}.map td{border:2px solid "
    "var(--card);background:color-mix(in srgb,var(--accent) var(--part,0%),transparent)}"
    ".map td.missed{background:repeating-linear-gradient(135deg,var(--grid) 0 3px,transparent 3px "
    "9px);font-size:.68rem;white-space:nowrap}.map td.best{outline:2.5px solid var(--s1);"
    "outline-offset:-3px;font-weight:700}\n",
    "table{border-collapse:collapse;font-size:.86rem;line-height:1.3;width:100%;"
    "font-variant-numeric:tabular-nums}\n",
    "caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\n",
    "th,td{padding:5px 8px;border-bottom:1px solid var(--edge);vertical-align:top}\n",
    "th:first-child,td:first-child{padding-left:2px}\n",
    "thead th.n,thead "
    "th.t{color:var(--soft);font-weight:600;vertical-align:bottom;line-height:1.2;white-space:"
    "normal;"
    "border-bottom-color:var(--soft)}\n",
    ".n{text-align:right;white-space:nowrap}.t{text-align:left;overflow-wrap:break-word;min-width:"
    "9ch;max-width:34ch}\n",
    "tbody th{font-weight:600}tbody th.t{min-width:8ch}\n",
    "td small,th small{display:block;color:var(--soft);font-size:.78rem}\n",
    "tbody tr:hover{background:var(--tint)}\n",
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:4px "
    "18px;margin:0;font-size:.92rem}\n",
    "dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}\n",
    "pre{white-space:pre-wrap;overflow-wrap:anywhere;font:.82rem/1.45 ui-monospace,"
    "\"DejaVu Sans Mono\",monospace;background:var(--paper);border:1px solid var(--edge);"
    "border-radius:8px;padding:10px 14px;margin:.6em 0}\n",
    "summary{cursor:pointer;font-weight:600;margin:.4em 0}"
    ".card summary{font-size:.88rem;font-weight:400;color:var(--accent);margin:.6em 0 0}"
    ".more>summary{font-size:1.1rem;margin:1em 0 .6em;color:var(--accent)}\n",
    "footer{color:var(--soft);font-size:.86rem;padding-top:28px;padding-bottom:48px}\n",
    "@media (max-width:600px){body{font-size:15px}main,header,footer{padding-left:12px;"
    "padding-right:12px}.w{display:none}header{padding-top:22px}h1{font-size:1.5rem}.card{padding:"
    "14px 12px}"
    "dl{grid-template-columns:1fr}dt{margin-top:.4em}}\n",
    "@media print{details:not([open])::details-content{content-visibility:visible;height:auto}"
    "details>summary,nav{display:none}:root{--paper:#fff}body{font-size:10.5pt}main,header,footer{"
    "max-width:none;"
    "padding:0}.card,.tile{break-inside:avoid;border-color:#ccc}h2,h3,.about{break-after:avoid}"
    "h1{font-size:19pt}h2{font-size:14pt}.tiles{grid-template-columns:repeat(4,1fr);gap:8px}"
    ".about{break-inside:avoid}.tile{padding:8px 10px}.tile b{font-size:15pt}"
    ".cards{display:block}.card{margin-bottom:12px;padding:10px 14px}.table{overflow:visible}"
    ".card:not(.whole):has(figure){display:grid;"
    "grid-template-columns:43% 1fr;column-gap:16px;align-items:start}"
    ".card h3,.card .note{grid-column:1/-1}.card "
    ".table{margin-top:4px}figure.of3{grid-template-columns:1fr 1fr 1fr}"
    "table{font-size:7pt}th,td{padding:1px 4px}td small,th "
    "small{font-size:6.2pt}pre{font-size:7.5pt}"
    "@page{margin:14mm}}\n",
    NULL};
