using Dovetail.Virtctl.Commands;
using Dovetail.Virtctl.Console;

using var stop = new CancellationTokenSource();
System.Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};
var host = new VirtctlHost
{
    Out = System.Console.Out,
    Error = System.Console.Error,
    Terminal = new UnixTerminal(),
    Time = TimeProvider.System,
    Environment = System.Environment.GetEnvironmentVariable,
};
return await new VirtctlCommandLine(host).RunAsync(args, stop.Token);
