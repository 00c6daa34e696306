"""The examples that end the help of each command; a test parses every one."""

DATA = "--source cdm"
EXAMPLES: dict[str, tuple[str, ...]] = {
    "build": (
        f"myelomart build {DATA}",
        "myelomart build --source a=site_a --source b=site_b --db both.duckdb --memory 8GB",
        "myelomart build --source postgresql://reader@host/omop --cohort myeloma",
    ),
    "calibrate": ("myelomart calibrate --patients 20000 --out calibration.md",),
    "check": (
        f"myelomart check {DATA}",
        f"myelomart check {DATA} --checks checks --fail-on warning --format junit",
    ),
    "clean": ("myelomart clean", "myelomart clean results archive"),
    "codes export": (
        "myelomart codes export crs icans --out atlas",
        "myelomart codes export --out atlas --db myelomart.duckdb",
    ),
    "codes import": ("myelomart codes import keratopathy.json --name keratopathy",),
    "completion": (
        "myelomart completion bash >> ~/.bashrc",
        "myelomart completion zsh > ~/.zfunc/_myelomart",
        "myelomart completion fish > ~/.config/fish/completions/myelomart.fish",
    ),
    "curve": (
        "myelomart curve points.csv --risk at_risk.csv --out rows.csv",
        "myelomart curve points.csv --persons 128 --events 79 --out rows.csv --json",
    ),
    "demo": ("myelomart demo", "myelomart demo --out small --patients 300"),
    "doctor": ("myelomart doctor", f"myelomart doctor {DATA} --json"),
    "emulate": (
        "myelomart emulate trial.csv --time days --event died --treated-at infused --grace 90 "
        "--horizon 365 --period 15 --covariates age,lines",
    ),
    "explore": ("myelomart explore", "myelomart explore --db both.duckdb --port 9000 --no-browser"),
    "export adam": ("myelomart export adam --study cart_vs_pom --out adam --format parquet",),
    "export omop": ("myelomart export omop --out omop --format csv",),
    "init": ("myelomart init ours",),
    "match": (
        "myelomart match trial.csv --treatment cart --covariates age,lines",
        "myelomart match trial.parquet --treatment cart --covariates age --ratio 2 --out pairs.csv",
    ),
    "wins": (
        "myelomart wins trial.csv --treatment arm --tier months/died --tier fewer:hospital_days",
        "myelomart wins pairs.csv --treatment arm --tier months/died --pair pair --json",
    ),
    "bias": (
        "myelomart bias cohort.csv --treatment arm --outcome pneumonia --sensitivity 0.8",
        "myelomart bias cohort.csv --treatment arm --outcome pneumonia "
        "--sensitivity 0.6,0.8,0.9 --specificity 0.98,0.99,1",
    ),
    "meta": ("myelomart meta rates.csv", "myelomart meta ratios.csv --measure hr --hartung-knapp"),
    "patient": ("myelomart patient 28", "myelomart patient 28 --svg page.svg"),
    "report": (
        "myelomart report",
        "myelomart report --single-file --policy cms11",
        "myelomart report --diff results_may results_june",
    ),
    "survival": (
        "myelomart survival trial.csv --time months --event died --group arm",
        "myelomart survival trial.parquet --time months --event status --event-value relapse "
        "--competing death --covariates age,arm --json",
    ),
    "synth": ("myelomart synth --patients 2000 --out cdm", "myelomart synth --dirty --out cdm"),
    "trinetx": ("myelomart trinetx results.zip", "myelomart trinetx results --json"),
    "study attack": ("myelomart study attack release.zip",),
    "study audit": ("myelomart study audit printed.csv --json",),
    "study check": ("myelomart study check", "myelomart study check studies/mine.yml"),
    "study expand": ("myelomart study expand studies/mine.yml --out rows",),
    "study list": ("myelomart study list", "myelomart study list --db both.duckdb --json"),
    "study new": ("myelomart study new mine --like cart_vs_pom",),
    "study pack": ("myelomart study pack cart_vs_pom --site A --policy cms11 --out a.zip",),
    "study pool": ("myelomart study pool a.zip b.zip --out pooled",),
    "study release": ("myelomart study release cart_vs_pom --policy cms11 --out release.zip",),
    "study run": (
        "myelomart study run cart_vs_pom",
        "myelomart study run cart_vs_pom evidence --out results --figure-format svg,pdf",
    ),
    "study show": ("myelomart study show cart_vs_pom", "myelomart study show mine --format md"),
    "study tables": ("myelomart study tables cart_vs_pom --format docx",),
    "study verify": ("myelomart study verify results",),
}
