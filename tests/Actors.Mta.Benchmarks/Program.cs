using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

// Command lines are parameters here: they are shown whole.
var config = DefaultConfig.Instance.WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(100));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
