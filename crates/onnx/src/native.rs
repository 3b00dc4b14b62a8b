//! The graph in pure Rust.
//!
//! It is compiled once, for any number of texts and tokens. Where a graph cannot be (its sizes stand in its constants), it is
//! compiled for a few sizes, each when it is first needed.

use crate::Limits;
use crate::batch::{Answer, Batch, Fixed, Input};
use crate::guard::{guarded, told};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tract_onnx::prelude::{Framework, InferenceFact, InferenceModel, InferenceModelExt, Tensor, TypedModel};
use tract_onnx::prelude::{IntoRunnable, IntoTValue, TypedRunnableModel};
use tract_onnx::tract_hir::infer::Factoid;
use tract_onnx::tract_hir::internal::{DatumType, OutletId, TDim, ToDim};

type Plan = Arc<TypedRunnableModel>;

/// Widths that a graph is compiled for, where it cannot be for all.
const STEP: usize = 32;

pub(crate) struct Native {
    graph: InferenceModel,
    inputs: Vec<Input>,
    fixed: Fixed,
    batch: usize,
    longest: usize,
    any: Option<Plan>,
    plans: BTreeMap<(usize, usize), Plan>,
}

impl Native {
    pub fn load(path: &Path, limits: &Limits) -> Result<Native, String> {
        // asked for here, because the library says no more than which system call failed
        std::fs::File::open(path).map_err(|error| error.to_string())?;
        let graph = guarded(|| read(path)).map_err(|error| format!("is no graph that can be read: {error}"))?;
        guarded(|| Native::of(graph, limits))
    }

    fn of(mut graph: InferenceModel, limits: &Limits) -> Result<Native, String> {
        implemented(&graph)?;
        let (inputs, fixed) = inputs(&graph)?;
        let output = output(&graph)?;
        graph.select_output_outlets(&[output]).map_err(|error| told(&error))?;
        let longest = fixed.width.unwrap_or(limits.max_tokens);
        let mut native = Native { graph, inputs, fixed, batch: limits.batch, longest, any: None, plans: BTreeMap::new() };
        native.any = guarded(|| native.compile(None, None)).ok();
        Ok(native)
    }

    pub fn fixed(&self) -> Fixed {
        self.fixed
    }

    pub fn shape(&self, texts: usize, longest: usize) -> (usize, usize) {
        if self.any.is_some() {
            return (texts, longest);
        }
        (self.batch, longest.next_multiple_of(STEP).min(self.longest.max(longest)))
    }

    pub fn run(&mut self, batch: &Batch) -> Result<Answer, String> {
        let plan = self.plan(batch.rows, batch.width)?;
        guarded(|| {
            let shape = [batch.rows, batch.width];
            let tensor = |input: &Input| Tensor::from_shape(&shape, batch.values(*input)).map(IntoTValue::into_tvalue);
            let tensors = self.inputs.iter().map(tensor).collect::<Result<_, _>>().map_err(|error| told(&error))?;
            let answers = plan.run(tensors).map_err(|error| told(&error))?;
            let answer = answers.first().ok_or("the graph gave no answer")?;
            let logits = answer.cast_to::<f32>().map_err(|error| told(&error))?;
            let view = logits.to_plain_array_view::<f32>().map_err(|error| told(&error))?;
            Ok(Answer { shape: view.shape().to_vec(), logits: view.iter().copied().collect() })
        })
    }

    fn plan(&mut self, rows: usize, width: usize) -> Result<Plan, String> {
        if let Some(plan) = self.any.as_ref().or_else(|| self.plans.get(&(rows, width))) {
            return Ok(plan.clone());
        }
        let plan = guarded(|| self.compile(Some(rows), Some(width)))?;
        self.plans.insert((rows, width), plan.clone());
        Ok(plan)
    }

    /// For texts and tokens as many as said, or for any number.
    fn compile(&self, rows: Option<usize>, width: Option<usize>) -> Result<Plan, String> {
        let mut graph = self.graph.clone();
        let size = |fixed: Option<usize>, given: Option<usize>, name: &str| {
            fixed.or(given).map_or_else(|| TDim::from(graph.sym(name)), |size| size.to_dim())
        };
        let shape = [size(self.fixed.rows, rows, "texts"), size(self.fixed.width, width, "tokens")];
        for at in 0..self.inputs.len() {
            let fact = InferenceFact::dt_shape(DatumType::I64, &shape);
            graph.set_input_fact(at, fact).map_err(|error| told(&error))?;
        }
        let typed: TypedModel = graph.into_optimized().map_err(|error| told(&error))?;
        typed.into_runnable().map_err(|error| told(&error))
    }
}

fn read(path: &Path) -> Result<InferenceModel, String> {
    // what an export notes of sizes in between may be wrong or in its own names; they are worked out anew
    let onnx = tract_onnx::onnx().with_ignore_value_info(true);
    onnx.model_for_path(path).map_err(|error| told(&error))
}

fn implemented(graph: &InferenceModel) -> Result<(), String> {
    let missing = |name: &str| Some(name.strip_prefix("Unimplemented(")?.strip_suffix(')')?.to_owned());
    let mut names: Vec<String> = graph.nodes().iter().filter_map(|node| missing(&node.op.name())).collect();
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Ok(());
    }
    Err(format!("the graph needs what only ONNX Runtime has: {} (say where it is in ORT_DYLIB_PATH)", names.join(", ")))
}

/// What the graph asks for, in its order, and sizes that cannot change.
fn inputs(graph: &InferenceModel) -> Result<(Vec<Input>, Fixed), String> {
    let mut asked = vec![];
    let mut fixed = Fixed::default();
    for outlet in graph.input_outlets().map_err(|error| told(&error))? {
        let name = graph.node(outlet.node).name.as_str();
        asked.push(Input::named(name)?);
        let fact = graph.outlet_fact(*outlet).map_err(|error| told(&error))?;
        if fact.datum_type.concretize().is_some_and(|kind| kind != DatumType::I64) {
            return Err(format!("the graph's {name} is {:?}, not INT64", fact.datum_type));
        }
        if fact.shape.rank().concretize().is_some() {
            let size = |at| fact.shape.dim(at).and_then(|dim| dim.concretize()).and_then(|dim| dim.to_i64().ok()).unwrap_or(0);
            let sizes: Vec<i64> = (0..fact.shape.dims().count()).map(size).collect();
            fixed = fixed.with(name, &sizes)?;
        }
    }
    if asked.is_empty() {
        return Err("the graph asks for nothing".into());
    }
    Ok((asked, fixed))
}

/// The output named logits, else the only one of two dimensions.
fn output(graph: &InferenceModel) -> Result<OutletId, String> {
    let outlets = graph.output_outlets().map_err(|error| told(&error))?;
    let named = |outlet: &&OutletId| graph.outlet_label(**outlet) == Some("logits");
    if let Some(outlet) = outlets.iter().find(named) {
        return Ok(*outlet);
    }
    if let [only] = outlets {
        return Ok(*only);
    }
    let mut known = graph.clone();
    known.analyse(true).map_err(|error| told(&error))?;
    let flat = |outlet: &&OutletId| known.outlet_fact(**outlet).is_ok_and(|fact| fact.shape.rank().concretize() == Some(2));
    match outlets.iter().filter(flat).collect::<Vec<_>>().as_slice() {
        [only] => Ok(**only),
        flat => Err(format!("of the graph's outputs none is named logits, and {} have two dimensions", flat.len())),
    }
}
