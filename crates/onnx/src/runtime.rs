//! The graph in an ONNX Runtime that the user has.

use crate::Device;
use crate::batch::{Answer, Batch, Fixed, Input};
use crate::guard::{guarded, told};
use ort::environment::Environment;
use ort::ep;
use ort::session::{Session, SessionInputValue};
use ort::value::{Outlet, Tensor, TensorElementType, ValueType};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A process can load one library, once.
static LOADED: Mutex<Option<(PathBuf, Environment)>> = Mutex::new(None);

pub(crate) struct Runtime {
    session: Session,
    inputs: Vec<(String, Input)>,
    output: String,
    fixed: Fixed,
}

impl Runtime {
    pub fn load(model: &Path, library: &Path, device: Device) -> Result<Runtime, String> {
        std::fs::File::open(model).map_err(|error| error.to_string())?;
        let environment = guarded(|| environment(library))
            .map_err(|error| format!("ONNX Runtime of {} cannot be used: {error}", library.display()))?;
        guarded(|| {
            let session = session(&environment, model, device)?;
            let (inputs, fixed) = inputs(session.inputs())?;
            let output = output(session.outputs())?;
            Ok(Runtime { session, inputs, output, fixed })
        })
    }

    pub fn fixed(&self) -> Fixed {
        self.fixed
    }

    pub fn run(&mut self, batch: &Batch) -> Result<Answer, String> {
        guarded(|| {
            let tensor = |(name, input): &(String, Input)| {
                let tensor = Tensor::from_array(([batch.rows, batch.width], batch.values(*input).to_vec()))?;
                Ok((Cow::Owned(name.clone()), SessionInputValue::from(tensor)))
            };
            let tensors = self.inputs.iter().map(tensor).collect::<ort::Result<Vec<_>>>().map_err(|error| told(&error))?;
            let answers = self.session.run(tensors).map_err(|error| told(&error))?;
            let answer = answers.get(&self.output).ok_or("the graph gave no answer")?;
            let (shape, logits) = answer.try_extract_tensor::<f32>().map_err(|error| told(&error))?;
            let shape = shape.iter().map(|size| usize::try_from(*size).unwrap_or(0)).collect();
            Ok(Answer { shape, logits: logits.to_vec() })
        })
    }
}

fn environment(library: &Path) -> Result<Environment, String> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((path, environment)) = loaded.as_ref() {
        if path != library {
            return Err(format!("this process has already loaded {}", path.display()));
        }
        return Ok(environment.clone());
    }
    let environment = ort::init_from(library).map_err(|error| told(&error))?.build().map_err(|error| told(&error))?;
    *loaded = Some((library.to_owned(), environment.clone()));
    Ok(environment)
}

fn session(environment: &Environment, model: &Path, device: Device) -> Result<Session, String> {
    let mut builder = Session::builder(environment).map_err(|error| told(&error))?;
    builder = builder.with_intra_threads(1).map_err(|error| told(&error))?;
    if device == Device::Cuda {
        let cuda = ep::CUDA::default().build().error_on_failure();
        builder = builder.with_execution_providers([cuda]).map_err(|error| told(&error))?;
    }
    builder.commit_from_file(model).map_err(|error| told(&error))
}

fn inputs(outlets: &[Outlet]) -> Result<(Vec<(String, Input)>, Fixed), String> {
    let mut asked = vec![];
    let mut fixed = Fixed::default();
    for outlet in outlets {
        let name = outlet.name();
        asked.push((name.to_owned(), Input::named(name)?));
        match outlet.dtype() {
            ValueType::Tensor { ty: TensorElementType::Int64, shape, .. } => fixed = fixed.with(name, shape)?,
            other => return Err(format!("the graph's {name} is {other}, not INT64")),
        }
    }
    if asked.is_empty() {
        return Err("the graph asks for nothing".into());
    }
    Ok((asked, fixed))
}

/// The output named logits, else the only one of two dimensions.
fn output(outlets: &[Outlet]) -> Result<String, String> {
    if let Some(outlet) = outlets.iter().find(|outlet| outlet.name() == "logits") {
        return Ok(outlet.name().to_owned());
    }
    let flat = |outlet: &&Outlet| matches!(outlet.dtype(), ValueType::Tensor { shape, .. } if shape.len() == 2);
    match outlets.iter().filter(flat).collect::<Vec<_>>().as_slice() {
        [only] => Ok(only.name().to_owned()),
        flat => Err(format!("of the graph's outputs none is named logits, and {} have two dimensions", flat.len())),
    }
}
