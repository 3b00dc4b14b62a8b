//! Documents as a Parquet file, ten thousand in a row group.

use super::columns::{Column, Kind};
use super::{Failure, Wanted, each};
use domain::Finder;
use flow::Timestamp;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;
use serde_json::Value;
use std::io::Write;
use std::sync::Arc;

/// So many documents are gathered before they are written.
const ROWS: usize = 10_000;

type File<'a> = SerializedFileWriter<&'a mut (dyn Write + Send)>;

impl From<ParquetError> for Failure {
    fn from(error: ParquetError) -> Self {
        Failure::Io(std::io::Error::other(error))
    }
}

/// Writes what is wanted; how many documents that are.
pub fn write(finder: &dyn Finder, wanted: &Wanted, columns: &[Column], out: &mut (dyn Write + Send)) -> Result<u64, Failure> {
    let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder("document").with_fields(fields).build()?);
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties))?;
    let mut rows: Vec<Value> = vec![];
    let documents = each(finder, wanted, |found| {
        rows.push(serde_json::from_slice(&found.source).unwrap_or_default());
        if rows.len() >= ROWS {
            group(&mut file, columns, &rows)?;
            rows.clear();
        }
        Ok(())
    })?;
    if !rows.is_empty() {
        group(&mut file, columns, &rows)?;
    }
    file.close()?;
    Ok(documents)
}

fn field(column: &Column) -> Result<Arc<Type>, ParquetError> {
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Whole => (Physical::INT64, None),
        Kind::Real => (Physical::DOUBLE, None),
        Kind::Truth => (Physical::BOOLEAN, None),
        Kind::Time => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
    };
    let built =
        Type::primitive_type_builder(&column.name, physical).with_repetition(Repetition::OPTIONAL).with_logical_type(logical);
    built.build().map(Arc::new)
}

fn group(file: &mut File<'_>, columns: &[Column], rows: &[Value]) -> Result<(), Failure> {
    let mut group = file.next_row_group()?;
    for column in columns {
        let Some(mut writer) = group.next_column()? else { break };
        write_column(&mut writer, column, rows)?;
        writer.close()?;
    }
    group.close()?;
    Ok(())
}

fn write_column(writer: &mut SerializedColumnWriter<'_>, column: &Column, rows: &[Value]) -> Result<(), ParquetError> {
    match column.kind {
        Kind::Text => {
            let (values, there) = taken(rows, |row| column.text(row).map(|text| ByteArray::from(text.into_bytes())));
            writer.typed::<ByteArrayType>().write_batch(&values, Some(&there), None)?;
        }
        Kind::Whole => {
            let (values, there) = taken(rows, |row| column.value(row)?.as_i64());
            writer.typed::<Int64Type>().write_batch(&values, Some(&there), None)?;
        }
        Kind::Real => {
            let (values, there) = taken(rows, |row| column.value(row)?.as_f64());
            writer.typed::<DoubleType>().write_batch(&values, Some(&there), None)?;
        }
        Kind::Truth => {
            let (values, there) = taken(rows, |row| column.value(row)?.as_bool());
            writer.typed::<BoolType>().write_batch(&values, Some(&there), None)?;
        }
        Kind::Time => {
            let (values, there) = taken(rows, |row| Some(Timestamp::parse(column.value(row)?.as_str()?)?.millis()));
            writer.typed::<Int64Type>().write_batch(&values, Some(&there), None)?;
        }
    }
    Ok(())
}

/// The values that are there, and for each row whether there is one.
fn taken<T>(rows: &[Value], value: impl Fn(&Value) -> Option<T>) -> (Vec<T>, Vec<i16>) {
    let (mut values, mut there) = (vec![], vec![]);
    for row in rows {
        let found = value(row);
        there.push(i16::from(found.is_some()));
        values.extend(found);
    }
    (values, there)
}
