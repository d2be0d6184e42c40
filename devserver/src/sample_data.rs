//! The bundled series. Names are those of FRED; observation values are sample values, not FRED data.

use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::calendar::Day;

#[derive(Deserialize)]
struct File {
    series: Vec<Series>,
}

/// One series.
#[derive(Deserialize)]
pub(crate) struct Series {
    pub(crate) series_id: String,
    title: String,
    frequency: String,
    units: String,
    seasonal_adjustment: String,
    keywords: String,
    sample: Sample,
    #[serde(skip)]
    terms: Vec<String>,
    /// The entry in results of `search`, as JSON text.
    #[serde(skip)]
    found: String,
}

/// The parameters of the sample values.
#[derive(Deserialize)]
struct Sample {
    base: f64,
    drift: f64,
    swing: f64,
    decimals: i32,
}

fn all() -> &'static [Series] {
    static ALL: OnceLock<Vec<Series>> = OnceLock::new();
    ALL.get_or_init(|| {
        // A test below ensures that the file can be parsed.
        let file: Result<File, _> = serde_json::from_str(include_str!("../data/fred.json"));
        let mut series = file.map(|file| file.series).unwrap_or_default();
        for one in &mut series {
            one.terms = terms(&format!("{} {} {}", one.series_id, one.title, one.keywords));
            one.found = Value::Object(one.head()).to_string();
        }
        series
    })
}

fn terms(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|term| !term.is_empty()).map(str::to_lowercase).collect()
}

/// The series that contain terms of the query, those with the most first, then in the order of the file;
/// as JSON text.
pub(crate) fn search(query: &str, limit: usize) -> String {
    let asked = terms(query);
    let mut hits: Vec<(usize, &Series)> =
        all().iter().map(|series| (series.score(&asked), series)).filter(|(score, _)| *score > 0).collect();
    hits.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let results: Vec<&str> = hits.iter().take(limit).map(|(_, series)| series.found.as_str()).collect();
    format!(r#"{{"query":{},"count":{},"results":[{}]}}"#, Value::from(query), results.len(), results.join(","))
}

/// The series of this id, whatever its case.
pub(crate) fn find(series_id: &str) -> Option<&'static Series> {
    all().iter().find(|series| series.series_id.eq_ignore_ascii_case(series_id))
}

impl Series {
    fn score(&self, asked: &[String]) -> usize {
        asked.iter().filter(|term| self.terms.iter().any(|own| own.starts_with(term.as_str()))).count()
    }

    fn head(&self) -> Map<String, Value> {
        [
            ("series_id", &self.series_id),
            ("title", &self.title),
            ("frequency", &self.frequency),
            ("units", &self.units),
            ("seasonal_adjustment", &self.seasonal_adjustment),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), Value::String(value.clone())))
        .collect()
    }

    /// The series with its observations between two days, the earliest first.
    pub(crate) fn observations(&self, from: Option<Day>, to: Option<Day>, limit: usize) -> Value {
        let observations: Vec<Value> = self
            .days()
            .into_iter()
            .enumerate()
            .filter(|(_, day)| from.is_none_or(|from| *day >= from) && to.is_none_or(|to| *day <= to))
            .take(limit)
            .map(|(n, day)| json!({"date": day.to_string(), "value": self.value(n, day)}))
            .collect();
        let mut answer = self.head();
        answer.insert("sample".to_owned(), Value::Bool(true));
        answer.insert("observations".to_owned(), Value::Array(observations));
        Value::Object(answer)
    }

    /// The days with a value of the series.
    fn days(&self) -> Vec<Day> {
        let months = |step: usize| {
            (2015..=2025)
                .flat_map(move |year| (1..=12).step_by(step).map(move |month| (year, month)))
                .map(|(year, month)| Day::new(year, month, 1))
                .collect()
        };
        let days = |wanted: &dyn Fn(Day) -> bool| {
            let (first, last) = (Day::new(2020, 1, 1), Day::new(2025, 12, 31));
            std::iter::successors(Some(first), |day| Some(day.plus(1)))
                .take_while(|day| *day <= last)
                .filter(|day| wanted(*day))
                .collect()
        };
        match self.frequency.as_str() {
            "Annual" => (1990..=2025).map(|year| Day::new(year, 1, 1)).collect(),
            text if text.starts_with("Quarterly") => months(3),
            "Monthly" => months(1),
            "Weekly, Ending Saturday" => days(&|day| day.weekday() == 5),
            "Weekly, Ending Thursday" => days(&|day| day.weekday() == 3),
            "Weekly, As of Wednesday" => days(&|day| day.weekday() == 2),
            "Daily, 7-Day" => days(&|_| true),
            _ => days(&|day| day.weekday() < 5),
        }
    }

    /// A sample value: a line with a triangle wave; null on holidays of daily series.
    fn value(&self, n: usize, day: Day) -> Option<f64> {
        let (_, month, date) = day.civil();
        let is_holiday = matches!((month, date), (1, 1) | (7, 4) | (12, 25));
        if is_holiday && self.frequency.starts_with("Daily") && !self.frequency.ends_with("7-Day") {
            return None;
        }
        const PERIOD: usize = 40;
        let phase = (n % PERIOD) as f64 / PERIOD as f64;
        let wave = 1.0 - 4.0 * (phase - 0.5).abs();
        let value = self.sample.base + self.sample.drift * n as f64 + self.sample.swing * wave;
        let unit = 10f64.powi(self.sample.decimals);
        Some((value * unit).round() / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_read() {
        assert!(all().len() >= 40);
        assert!(all().iter().all(|s| !s.days().is_empty()));
    }

    #[test]
    fn inflation_is_found() {
        let search = |q| serde_json::from_str::<Value>(&search(q, 50)).unwrap();
        let found = search("Inflation");
        assert!(found["count"].as_u64().unwrap() >= 5);
        assert_eq!(found["results"][0]["series_id"], "CPIAUCSL");
        assert_eq!(search("zzz")["count"], 0);
    }

    #[test]
    fn observations_are_cut_to_the_days_asked_for() {
        let series = find("dgs10").unwrap();
        let day = |text| Day::parse(text);
        let answer = series.observations(day("2024-07-03"), day("2024-07-05"), 10);
        let observations = answer["observations"].as_array().unwrap();
        assert_eq!(observations.len(), 3);
        assert!(observations[1]["value"].is_null());
        assert!(observations[0]["value"].is_number());
        assert_eq!(answer["sample"], true);
    }
}
