mod data;
use data::*;
use ml::forest::*;
use ml::hawkes::*;
use ml::popularity::*;

struct Case { whole: usize, n: f64, size: f64 }

fn arg(name: &str, default: f64) -> f64 {
    std::env::args().skip_while(|a| a != name).nth(1).map_or(default, |v| v.parse().unwrap())
}

fn main() {
    let folder = std::env::args().nth(1).unwrap();
    let wholes = read(std::path::Path::new(&folder)).unwrap();
    let least = 10.0; let least_final = 50.0;
    for window in [600.0, 1200.0, 3600.0] {
        for term in [true, false] {
            if window == 3600.0 && term { continue; }
            let mut cases: Vec<Case> = vec![];
            for (i, w) in wholes.iter().enumerate() {
                let size = if term { w.term() } else { w.week() } as f64;
                let c = w.until(window).unwrap();
                let n = c.size() as f64;
                let n = if term { n.min(w.term() as f64) } else { n };
                // a cascade that has ended before the window closes is not asked about
                if term && (w.term() < w.times.len()) && w.times[w.term()-1] + SILENCE <= window { continue; }
                if n >= least && size >= least_final { cases.push(Case { whole: i, n, size }); }
            }
            let mut chance: Vec<usize> = (0..cases.len()).collect();
            let mut st = 1u64;
            for i in (1..chance.len()).rev() { st = st.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); let j = (st >> 33) as usize % (i + 1); chance.swap(i, j); }
            let mut errs = vec![]; let mut consts = vec![]; let mut cover = 0; let mut width = 0.0; let mut oobs = vec![];
            let silence = if term { SILENCE } else { WEEK };
            for fold in 0..10 {
                let train: Vec<usize> = chance.iter().copied().enumerate().filter(|(k, _)| k % 10 != fold).map(|(_, c)| c).collect();
                let test: Vec<usize> = chance.iter().copied().enumerate().filter(|(k, _)| k % 10 == fold).map(|(_, c)| c).collect();
                let mut population = Population::default();
                for &t in &train { let c = &cases[t]; let w = &wholes[c.whole]; let s = judge(&w.until(window).unwrap(), &population); population.observe(&finished(w, c.size as usize, s.fit)); }
                let feats = |t: usize| { let c = &cases[t]; let cas = wholes[c.whole].until(window).unwrap(); let s = judge(&cas, &population); View { cascade: &cas, fit: &s.fit, forecast: &s.forecast, mean_mark: s.mean_mark, silence }.features() };
                let mut ex = Examples::new(NAMES.len());
                for &t in &train { ex.push(&feats(t), (cases[t].size / cases[t].n).ln() as f32); }
                let set = Settings { trees: arg("--trees", 100.0) as u16, leaf: arg("--leaf", 5.0) as u16, features: arg("--features", 0.33) as f32, rows: arg("--rows", 0.63) as f32, depth: 24 };
                if fold == 0 { if let Ok(d) = std::env::var("DUMP") { let mut o = String::new(); for t in 0..cases.len() { let c = &cases[t]; o += &format!("{},{},{}", c.whole, c.n, c.size); for f in feats(t) { o += &format!(",{f}"); } o += "\n"; } std::fs::write(format!("{d}_{window}_{}.csv", if term {"term"} else {"7d"}), o).unwrap(); } }
                let tr = Forest::train(&ex, &set, 1);
                for row in 0..ex.len() { if let Some(l) = tr.out_of_bag(&ex, row) { oobs.push((((l.relative_median().unwrap()).exp() - (ex.target(row) as f64).exp()) / (ex.target(row) as f64).exp()).abs()); } }
                // constant
                let mut ys: Vec<(f64, f64)> = train.iter().map(|&t| (cases[t].size / cases[t].n, cases[t].n / cases[t].size)).collect();
                ys.sort_by(|a, b| a.0.total_cmp(&b.0));
                let half = ys.iter().map(|y| y.1).sum::<f64>() / 2.0; let mut acc = 0.0; let mut k = 1.0;
                for y in &ys { acc += y.1; k = y.0; if acc >= half { break; } }
                for &t in &test {
                    let f = feats(t); let c = &cases[t];
                    let law = tr.forest.law(&f);
                    let p = c.n * law.relative_median().unwrap().exp();
                    errs.push((p - c.size).abs() / c.size);
                    consts.push((c.n * k - c.size).abs() / c.size);
                    let (lo, hi) = (law.quantile(0.1).unwrap(), law.quantile(0.9).unwrap());
                    let y = (c.size / c.n).ln();
                    if y >= lo - 1e-6 && y <= hi + 1e-6 { cover += 1; }
                    width += (hi - lo) / cases.len() as f64;
                }
            }
            let mm = |v: &mut Vec<f64>| { v.sort_by(f64::total_cmp); format!("{:.4}/{:.4}", v.iter().sum::<f64>() / v.len() as f64, v[v.len() / 2]) };
            println!("{window} {} cases {}: const {} forest {} oob {} cover {:.3} width {:.3}", if term { "term" } else { "7d" }, cases.len(), mm(&mut consts), mm(&mut errs), mm(&mut oobs), cover as f64 / cases.len() as f64, width);
        }
    }
}
