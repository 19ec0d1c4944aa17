"""The style of the page, written by hand: light and dark, wide and narrow."""

STYLE = """
:root{color-scheme:light dark;--page:#f7f6f3;--card:#fff;--ink:#16150f;--soft:#575550;--faint:#6f6c65;--line:#e4e2da;
--kept:#2a78d6;--dropped:#c64f1d;--paper:#8a8780;--shade:rgba(198,79,29,.09);--code:#f1efe9;--bad:#b3261e;
--on:#fff;--on-tint:#16150f}
@media(prefers-color-scheme:dark){:root{--page:#121211;--card:#1b1b19;--ink:#f2f1ec;--soft:#bdbab0;--faint:#8a8780;
--line:#33322e;--kept:#4a93ea;--dropped:#e0713f;--paper:#77746c;--shade:rgba(224,113,63,.13);--code:#262522;
--bad:#ff8a80;
--on:#121211;--on-tint:#f2f1ec}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth;scroll-padding-top:1rem}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
font-variant-numeric:tabular-nums}
header,main{max-width:62rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.5rem}
.brand{margin:0;color:var(--faint);font-size:.8rem;letter-spacing:.08em;text-transform:uppercase}
h1{margin:.1em 0 .3em;font-size:2.3rem;line-height:1.15;letter-spacing:-.02em}
h2{margin:0 0 .5rem;font-size:1.5rem;letter-spacing:-.01em}
h3{margin:2.2rem 0 .6rem;font-size:1.08rem}
nav{display:flex;flex-wrap:wrap;gap:.4rem}
nav a{padding:.2rem .75rem;border:1px solid var(--line);border-radius:99px;background:var(--card);
text-decoration:none}
a{color:inherit;text-decoration-color:var(--faint);text-underline-offset:.2em}
a:focus-visible,summary:focus-visible,pre:focus-visible{outline:2px solid var(--kept);outline-offset:2px}
section{margin:1.5rem 0 2rem;padding:1.5rem;background:var(--card);border:1px solid var(--line);border-radius:14px}
.lead{margin:.2rem 0 1rem;font-size:1.1rem;max-width:46rem}
.note{margin:.3rem 0 .8rem;color:var(--soft);font-size:.85rem;max-width:46rem}
.notice,.fault{margin:.6rem 0;padding:.6rem .9rem;border-left:3px solid var(--dropped);background:var(--shade);
border-radius:0 8px 8px 0;font-size:.92rem;overflow-wrap:anywhere}
.fault{border-color:var(--bad);color:var(--bad)}
.fault ul{margin:.2rem 0 0;padding-left:1.2rem}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.86em}
code{overflow-wrap:anywhere}
small{color:var(--faint);font-size:.82em;font-weight:400}
svg{display:block;width:100%}
.kept{fill:var(--kept)}.dropped{fill:var(--dropped)}.paper{fill:var(--paper)}
.t1{fill-opacity:.72}.t2{fill-opacity:.6}.t3{fill-opacity:.45}.t4{fill-opacity:.32}
.bar{height:10px;border-radius:3px;background:var(--code);overflow:hidden}
.bar rect{stroke:var(--card);stroke-width:1.5px;vector-effect:non-scaling-stroke}
.all{height:30px;border-radius:6px}.thin{height:5px;margin-top:3px}.mini{height:6px;min-width:3.5rem;
border-radius:2px}
.mini rect{stroke:none}
.glance{margin:1.2rem 0 1.6rem}
.barhead{display:flex;justify-content:space-between;margin:.9rem 0 .25rem;font-size:.92rem}
.barhead span{color:var(--soft)}
.key{margin:.6rem 0 0;color:var(--soft);font-size:.82rem}
.swatch{display:inline-block;width:.8em;height:.8em;margin:0 .4em 0 0;border-radius:2px;vertical-align:-.05em}
.swatch.kept{background:var(--kept)}.swatch.dropped{background:var(--dropped);margin-left:1em}
.wide{overflow-x:auto}
table{width:100%;border-collapse:collapse;margin:0 0 1rem;font-size:.9rem}
caption{padding:0 0 .4rem;text-align:left;color:var(--soft);font-size:.85rem}
th,td{padding:.35rem .5rem;text-align:right;vertical-align:top;border-bottom:1px solid var(--line);font-weight:400}
thead th{color:var(--faint);font-size:.76rem;white-space:nowrap;vertical-align:bottom}
th:first-child,td:first-child{text-align:left;padding-left:0}
th:last-child,td:last-child{padding-right:0}
.largest td,.stages td,.overview td:nth-child(2),.mixture td{white-space:nowrap}
.share{display:block;margin-bottom:2px}
.largest td:nth-child(3),.largest td:nth-child(5){width:17%}
.largest .share,.overview .share,.mixture .share{text-align:left}
.stages tbody th[scope=rowgroup]{padding:1rem 0 .5rem;border:0}
.stages tbody th[scope=row]{padding-left:1rem}
.stages .edit{color:var(--soft)}
.stagehead{display:flex;flex-wrap:wrap;gap:0 .8rem;margin-bottom:.35rem}
.stagehead em{margin-left:auto;font-style:normal;font-weight:600}
.stagehead span{color:var(--soft)}
.absent{color:var(--faint)}
.overview td:last-child,.words td:nth-child(2),.recipe td,.places td,.mixture td:nth-child(2),
.mixture td:nth-child(3),
.overview td:nth-child(4){text-align:left}
.overview th:last-child,.overview th:nth-child(4),.mixture th:nth-child(2),.mixture th:nth-child(3),
.words th:nth-child(2),.recipe th,.places th{text-align:left}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,25rem),1fr));gap:1.8rem 2.2rem;
align-items:start}
figure{margin:0;min-width:0}
figcaption{display:flex;flex-wrap:wrap;gap:0 .7rem;align-items:baseline;margin-bottom:.5rem}
figcaption span{color:var(--soft);font-size:.82rem}
.plot{position:relative;height:130px;border-bottom:1px solid var(--faint);background:
linear-gradient(var(--line),var(--line)) 0 0/100% 1px no-repeat,
linear-gradient(var(--line),var(--line)) 0 50%/100% 1px no-repeat}
.plot svg{position:absolute;inset:0;height:100%}
.most{margin:0 0 .15rem;color:var(--faint);font-size:.7rem;line-height:1.2}
.limit{position:absolute;top:-5px;bottom:0;border-left:2px dashed var(--ink)}
.side{position:absolute;top:0;bottom:0;background:var(--shade)}
.named{position:relative}
.named span{position:absolute;top:0;padding:0 .5rem;overflow:hidden;color:var(--on);font-size:.78rem;line-height:30px;
white-space:nowrap;text-overflow:ellipsis;pointer-events:none}
.named .t1,.named .t2,.named .t3,.named .t4{color:var(--on-tint)}
.tick{white-space:nowrap}
.ticks{position:relative;height:1.3rem;color:var(--faint);font-size:.72rem}
.tick{position:absolute;transform:translateX(-50%)}.tick.first{transform:none}.tick.last{transform:translateX(-100%)}
.limits{margin:.15rem 0 0;font-size:.82rem;color:var(--soft)}
.dash{display:inline-block;width:1rem;margin-right:.45rem;border-top:2px dashed var(--ink);vertical-align:middle}
.words{font-size:.82rem}.words td:nth-child(2){width:55%;vertical-align:middle}.words th{overflow-wrap:anywhere}
[hidden]{display:none!important}
.search{display:flex;flex-wrap:wrap;gap:.5rem 1.2rem;align-items:center;margin:1rem 0 0;color:var(--soft);
font-size:.9rem}
.search input,.search select{padding:.3rem .6rem;border:1px solid var(--line);border-radius:8px;background:var(--card);
color:var(--ink);font:inherit;max-width:100%}
details{border-top:1px solid var(--line)}
details:last-of-type{border-bottom:1px solid var(--line)}
summary{padding:.55rem 0;cursor:pointer}
summary span{margin-left:.7rem;color:var(--soft);font-size:.85rem}
.keptword{color:var(--kept)}
article{margin:0 0 1.1rem}
.id{margin:.2rem 0 .35rem;font-size:.85rem;color:var(--soft);overflow-wrap:anywhere}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,22rem),1fr));gap:.8rem}
.pair>div{min-width:0}
pre{max-height:17rem;margin:0;padding:.8rem 1rem;overflow:auto;contain:content;background:var(--code);
border-radius:8px;
white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.45;tab-size:4}
bdi{overflow-wrap:anywhere}
.recipe td:nth-child(2){min-width:7rem;overflow-wrap:anywhere}.recipe td:last-child{color:var(--soft);width:50%}
.basis{padding:.05rem .5rem;border-radius:99px;background:var(--code);font-size:.78rem}
.basis.paper{background:var(--kept);color:var(--on)}.basis.set{background:var(--dropped);color:var(--on)}
@media(max-width:40rem){
header,main{padding:0 .7rem}header{padding-top:1.4rem}h1{font-size:1.8rem}section{padding:1rem .9rem;
border-radius:10px}
table{font-size:.8rem}th,td{padding:.3rem .3rem}
.mini{min-width:2.2rem}.largest thead,.stages thead{display:none}
.largest tr,.stages tbody tr{display:grid;grid-template-columns:1.1fr 1.3fr 1fr 1.3fr;gap:0 .4rem;padding:.35rem 0;
border-bottom:1px solid var(--line)}
.largest tr>*,.stages tr>*{border:0;padding:0;width:auto!important}.largest th,.stages th{grid-column:1/-1}
.largest td:first-of-type,.stages td:first-of-type{text-align:left;padding-left:0}
.stages tbody th[scope=rowgroup]{padding:.9rem 0 .2rem}.stages tbody th[scope=row]{padding:0}
.largest td:nth-child(6),.stages td:nth-child(5){display:none}.stages tbody tr{grid-template-columns:1fr 1fr 1fr}
.largest td:nth-child(4)::after,.stages td:nth-child(4)::after{content:" chars"}
.cards thead{display:none}.cards tr{display:block;padding:.6rem 0;border-bottom:1px solid var(--line)}
.cards tr>*{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.08rem 0}
.cards th{font-weight:600}.cards td::before{content:attr(data-label);color:var(--soft)}
.cards td .share,.cards .why{margin-left:auto}.cards .mini{width:35%;align-self:center;flex:none}
.absent td:not(:nth-child(2)){display:none}
.recipe thead{display:none}.recipe tr{display:grid;grid-template-columns:1fr auto;padding:.5rem 0;
border-bottom:1px solid var(--line)}
.recipe tr>*{border:0;padding:.1rem 0;width:auto!important}.recipe td:nth-child(2){grid-column:1/3;grid-row:2}
.recipe td:last-child{grid-column:1/3}
}
@media print{body{background:none}section{border:0;padding:0}}
"""
