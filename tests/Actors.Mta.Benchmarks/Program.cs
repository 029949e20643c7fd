using Actors.Mta.Benchmarks.Submission;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

// A load source for tests/bench/submission.sh, in here for want of a better place to build it.
if (args is ["submission", .. var options]) return await SubmissionLoad.RunAsync(options);

// Command lines are parameters here: they are shown whole.
var config = DefaultConfig.Instance.WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(100));
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, config);
return 0;
