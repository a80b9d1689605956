using System.Runtime.InteropServices;
using Dovetail.Virtctl.Commands;
using Dovetail.Virtctl.Console;

using var stop = new CancellationTokenSource();

// Everything of System.Console switches the terminal to application keypad mode, which changes the keys that a guest's console receives: plain descriptors and signals instead.
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
{
    context.Cancel = true;
    stop.Cancel();
});
await using var output = new StreamWriter(new DescriptorStream(1)) { AutoFlush = true };
await using var error = new StreamWriter(new DescriptorStream(2)) { AutoFlush = true };
var host = new VirtctlHost
{
    Out = output,
    Error = error,
    Terminal = new UnixTerminal(),
    Time = TimeProvider.System,
    Environment = Environment.GetEnvironmentVariable,
};
return await new VirtctlCommandLine(host).RunAsync(args, stop.Token);
