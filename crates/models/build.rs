//! Puts the models that are shipped, in the folder `models` of the repository, into the binary.

use std::fmt::Write;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../../models");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut code = String::from("pub const SHIPPED: &[(&str, Files)] = &[\n");
    for model in sorted(&folder)?.into_iter().filter(|path| path.join("model.toml").exists()) {
        writeln!(code, "    ({:?}, &[", model.display().to_string())?;
        for file in sorted(&model)?.into_iter().filter(|path| path.is_file()) {
            println!("cargo::rerun-if-changed={}", file.display());
            let name = file.file_name().unwrap_or_default();
            writeln!(code, "        ({name:?}, include_bytes!({:?})),", file.display().to_string())?;
        }
        code.push_str("    ]),\n");
    }
    code.push_str("];\n");
    Ok(std::fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("shipped.rs"), code)?)
}

fn sorted(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}
