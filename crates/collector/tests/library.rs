//! The library as C and C++ see it: installed with make, found with pkg-config, compiled with the header, run.
#![cfg(test)]
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::disallowed_macros)] // it has files and processes

use domain::tweetoscope::{Form, Message, Outward, Words, write};
use domain::{Series, Size};
use flow::Timestamp;
use goshawk_collector::abi::{self, Event, Late, Options};
use goshawk_collector::{Collector, Post};
use stages::collect::{Rules, Told};
use std::fmt::Write as _;
use std::io::Write as _;
use std::mem::offset_of;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use tempfile::TempDir;

const STRICT: &[&str] = &["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

fn crate_root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What `make install-lib` and `make uninstall-lib` do, with the library that cargo has built for this test.
fn make(target: &str, prefix: &Path) {
    let built = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let (prefix, lib) = (format!("PREFIX={}", prefix.display()), format!("LIB={}", built.display()));
    let mut make = Command::new("make");
    make.current_dir(crate_root().join("../..")).args([target, &prefix, &lib]);
    ran(make.env_remove("MAKEFLAGS").env_remove("MAKELEVEL"));
}

/// The one place where it is installed for all tests; it stays until the next run.
fn installed() -> &'static Path {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("goshawk_collector");
        if place.exists() {
            std::fs::remove_dir_all(&place).unwrap();
        }
        make("install-lib", &place);
        std::fs::write(place.join("include/layout.h"), layout()).unwrap();
        place
    })
}

fn ran(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    said(&format!("{command:?}"), output)
}

fn said(what: &str, Output { status, stdout, stderr }: Output) -> String {
    assert!(status.success(), "{what}: {status}\n{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// What pkg-config says, as words.
fn flags(more: &[&str]) -> Vec<String> {
    let mut config = Command::new("pkg-config");
    config.args(["--cflags", "--libs"]).args(more).arg("goshawk_collector");
    let flags = ran(config.env("PKG_CONFIG_PATH", installed().join("lib/pkgconfig")));
    flags.split_whitespace().map(str::to_owned).collect()
}

/// Compiles a program against what is installed.
fn compiled(compiler: &str, source: &str, extra: &[&str], name: &str) -> PathBuf {
    let program = installed().join(name);
    let rpath = format!("-Wl,-rpath,{}", installed().join("lib").display());
    let mut cc = Command::new(compiler);
    cc.args(STRICT).args(extra).arg(crate_root().join(source)).arg("-o").arg(&program).args(flags(&[])).arg(rpath);
    ran(&mut cc);
    program
}

/// What the compiler must find in the header, or refuse it.
fn layout() -> String {
    let mut header = "#include <goshawk_collector.h>\n#include <assert.h>\n".to_owned();
    macro_rules! laid_out {
        ($name:literal, $type:path { $($field:ident),* }) => {
            // Names every field, or does not compile.
            let _all = |it: $type| { let $type { $($field),* } = it; $(let _ = $field;)* };
            writeln!(header, "static_assert(sizeof({}) == {}, \"size\");", $name, size_of::<$type>()).unwrap();
            $(
                let (at, size) = (offset_of!($type, $field), field_size(|it: &$type| &it.$field));
                let name = concat!($name, ", ", stringify!($field));
                writeln!(header, "static_assert(offsetof({name}) == {at}, \"{name}\");").unwrap();
                let name = concat!("((", $name, " *)0)->", stringify!($field));
                writeln!(header, "static_assert(sizeof({name}) == {size}, \"{name}\");").unwrap();
            )*
        };
    }
    laid_out!("goshawk_event", Event { after_ms, mark });
    laid_out!(
        "goshawk_series",
        abi::Series { source, cascade, text, start_ms, at_ms, size, reach, events, events_count, window_s }
    );
    laid_out!("goshawk_size", abi::Size { source, cascade, text, start_ms, end_ms, at_ms, size, reach });
    laid_out!("goshawk_late", Late { source, cascade, time_ms, mark, number, reason });
    laid_out!(
        "goshawk_collector_options",
        Options {
            size,
            user,
            on_series,
            on_size,
            on_late,
            windows_s,
            windows_count,
            silence_ms,
            longest_ms,
            remember_ms,
            lateness_ms,
            min_size,
            max_listed,
            text_bytes
        }
    );
    for (name, value) in [
        ("GOSHAWK_OK", abi::OK.into()),
        ("GOSHAWK_INVALID", abi::INVALID.into()),
        ("GOSHAWK_BUSY", abi::BUSY.into()),
        ("GOSHAWK_FINISHED", abi::FINISHED.into()),
        ("GOSHAWK_BROKEN", abi::BROKEN.into()),
        ("GOSHAWK_JSON_SAFE_QUOTES", i64::from(abi::SAFE_QUOTES)),
        ("GOSHAWK_COLLECTOR_ABI", abi::ABI.into()),
    ] {
        writeln!(header, "static_assert({name} == {value}, \"{name}\");").unwrap();
    }
    writeln!(header, "#define GOSHAWK_LAYOUT_VERSION \"{}\"", env!("CARGO_PKG_VERSION")).unwrap();
    header
}

/// How large a field is.
fn field_size<T, F>(_: impl Fn(&T) -> &F) -> usize {
    size_of::<F>()
}

#[test]
fn a_c_program_uses_and_misuses_it() {
    let program = compiled("cc", "tests/c/use.c", &["-std=c11"], "use");
    assert_eq!(ran(&mut Command::new(program)), "fine\n");
    let program = compiled("c++", "tests/c/use.c", &["-std=c++17", "-x", "c++"], "use-as-cpp");
    assert_eq!(ran(&mut Command::new(program)), "fine\n");
}

/// A stream as the example reads it: `source cascade seconds mark tweet|retweet text` a line.
fn stream() -> String {
    let (mut random, mut clocks, mut lines) = (7_u64, [0, 50_000], String::new());
    let mut next = |bound: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % bound
    };
    for post in 0..5000 {
        let source = next(2) as usize;
        clocks[source] += if next(100) == 0 { 2500 } else { next(60) };
        let (cascade, kind) = (post / 100 + next(20), if next(5) == 0 { "tweet" } else { "retweet" });
        let (second, mark) = (clocks[source] - next(2).min(clocks[source]), next(5000));
        writeln!(lines, "{source} {cascade} {second} {mark} {kind} it's \"{cascade}\" \u{e9}").unwrap();
    }
    lines
}

/// What the example has to write, by the Rust core and our own sink's messages.
fn expected(stream: &str) -> (String, usize) {
    let mut rules = Rules::default().with_windows(vec![600, 1200]);
    rules.least = 2;
    let mut collector = Collector::new(rules);
    let (mut lines, mut late) = (String::new(), 0);
    let mut tell = |_: u64, cascade: &str, told: Told<'_>| late += usize::from(!write_down(cascade, &told, &mut lines));
    for line in stream.lines() {
        let words: Vec<&str> = line.splitn(6, ' ').collect();
        let number = |at: usize| words[at].parse::<u64>().unwrap();
        let (source, time, mark) = (number(0), Timestamp::from_seconds(number(2) as i64), number(3));
        let post = Post { source, cascade: words[1], time, mark, is_repost: words[4] == "retweet", text: words[5] };
        collector.add(&post, &mut tell).unwrap();
    }
    collector.finish(&mut tell);
    (lines, late)
}

/// False for what is late.
fn write_down(cascade: &str, told: &Told<'_>, lines: &mut String) -> bool {
    let outward = Outward { origin: Timestamp::default(), windows: vec![600, 1200], partitions: 4 };
    let json = |message: Message<'_>| {
        let mut bytes = vec![];
        write(&message, Form::Of2020, Words::Plain, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let (cascade, network) = (cascade.into(), "".into());
    match told {
        Told::Window { window_s, text, start, size, reach, events, .. } => {
            let (window_s, text, events) = (Some(*window_s), (*text).into(), events.clone());
            let (author, start, size, reach) = (None, *start, *size, *reach);
            let series = Series { cascade, network, author, start, window_s, size, reach, events, text };
            writeln!(lines, "cascade_series\t\t{}", json(outward.serie(&series).unwrap())).unwrap();
        }
        Told::End { start, end, size, reach, .. } => {
            let size = Size { cascade, network, size: *size, reach: *reach, start: *start, end: *end };
            for (message, window) in outward.sizes(&size).zip([600, 1200]) {
                writeln!(lines, "cascade_properties\t{window}\t{}", json(message)).unwrap();
            }
        }
        Told::Late { .. } | Told::Stray(_) => return false,
    }
    true
}

fn fed(program: &Path, input: &str) -> Output {
    let mut child = Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// Linked with the shared library and with the static one, in C and in C++.
#[test]
fn the_example_says_what_the_core_says() {
    let stream = stream();
    let (lines, late) = expected(&stream);
    assert!(lines.lines().count() > 200 && late > 100, "{} lines and {late} late posts try little", lines.lines().count());
    let shared = compiled("cc", "examples/collect.c", &["-std=c99"], "collect");
    let cpp = compiled("c++", "examples/collect.c", &["-x", "c++"], "collect-as-cpp");
    let alone = installed().join("collect-alone");
    let archive = installed().join("lib/libgoshawk_collector.a");
    let only = |flag: &String| flag != "-lgoshawk_collector";
    let mut cc = Command::new("cc");
    cc.arg(crate_root().join("examples/collect.c")).arg("-o").arg(&alone).arg(archive);
    ran(cc.args(flags(&["--static"]).into_iter().filter(only)));
    for program in [&shared, &cpp, &alone] {
        let output = fed(program, &stream);
        assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), late);
        assert_eq!(said("collect", output), lines);
    }
}

#[test]
fn the_page_shows_the_example_as_it_is() {
    let page = std::fs::read_to_string(crate_root().join("../../docs/collector-library.md")).unwrap();
    let example = std::fs::read_to_string(crate_root().join("examples/collect.c")).unwrap();
    assert!(page.contains(&format!("```c\n{example}```\n")), "copy examples/collect.c into docs/collector-library.md");
}

#[test]
fn an_exception_in_a_callback_ends_the_process_in_order() {
    use std::os::unix::process::ExitStatusExt as _;
    let program = compiled("c++", "tests/c/use.cpp", &["-std=c++17"], "use-cpp");
    assert_eq!(ran(&mut Command::new(&program)), "fine\n");
    let thrown = Command::new(&program).arg("throw").output().unwrap();
    assert_eq!((thrown.status.signal(), &thrown.stdout[..]), (Some(6), &b""[..]), "{thrown:?}");
}

#[test]
fn no_byte_is_read_or_written_out_of_place() {
    let place = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    std::fs::write(place.path().join("probe.c"), "int main(void) { return 0; }\n").unwrap();
    let mut probe = Command::new("cc");
    probe.current_dir(&place).args(["-fsanitize=address,undefined", "probe.c", "-o", "probe"]);
    if !probe.output().unwrap().status.success() {
        return eprintln!("left out: this C compiler has no sanitizers");
    }
    let sanitized = &["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g"];
    let program = compiled("cc", "tests/c/use.c", sanitized, "use-sanitized");
    assert_eq!(ran(&mut Command::new(program)), "fine\n");
    let program = compiled("cc", "examples/collect.c", sanitized, "collect-sanitized");
    assert_eq!(said("collect", fed(&program, &stream())), expected(&stream()).0);
}

/// Every function of the header is in the library, and no other of our name.
#[test]
fn the_header_names_what_the_library_has() {
    let header = std::fs::read_to_string(crate_root().join("include/goshawk_collector.h")).unwrap();
    let code = header.lines().filter(|line| !line.trim_start().starts_with(['/', '*']));
    let words = code.flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || "_(".contains(c))));
    let functions = words.filter_map(|word| word.split_once('(')).map(|(name, _)| name.to_owned());
    let mut declared: Vec<String> = functions.filter(|name| name.starts_with("goshawk_")).collect();
    declared.sort();
    let library = installed().join("lib/libgoshawk_collector.so");
    let symbols = ran(Command::new("nm").args(["--dynamic", "--defined-only", "--format=just-symbols"]).arg(library));
    let mut exported: Vec<&str> = symbols.lines().collect();
    exported.sort_unstable();
    assert_eq!(declared, exported);
}

#[test]
fn what_is_installed_is_named_by_its_abi_and_taken_away_whole() {
    let place = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    make("install-lib", place.path());
    let library = place.path().join("lib/libgoshawk_collector.so");
    let name = ran(Command::new("objdump").arg("-p").arg(&library));
    assert!(name.contains(&format!("SONAME               libgoshawk_collector.so.{}", abi::ABI)), "{name}");
    make("uninstall-lib", place.path());
    let mut find = Command::new("find");
    assert_eq!(ran(find.arg(place.path()).args(["!", "-type", "d"])), "");
}
