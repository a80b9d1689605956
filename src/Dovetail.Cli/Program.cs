using System.CommandLine;
using Dovetail.Cli.Commands;
using Dovetail.Cli.Hosting;
using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;

// `dovetail virtctl` passes everything on, also what looks like options of ours.
if (args is ["virtctl", ..])
{
    var own = args is [_, "--data-dir", _, ..];
    return await Doors.GuardAsync(() =>
    {
        VirtctlCommand.Replace(own ? args[2] : null, args[(own ? 3 : 1)..]);
        return Task.FromResult(0);
    });
}

return await Doors.Build().Parse(args).InvokeAsync();

/// <summary>The command line: one door for every task.</summary>
internal static class Doors
{
    private static readonly TimeProvider Time = TimeProvider.System;
    private static readonly Option<string?> DataDir = new("--data-dir") { Description = "The platform's data folder; several live side by side", Recursive = true };

    private static string Root => Environment.GetEnvironmentVariable("DOVETAIL_ROOT") ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));

    public static RootCommand Build()
    {
        var root = new RootCommand("Dovetail: virtual machines and containers side by side behind one Kubernetes API") { DataDir };
        root.Subcommands.Add(Up());
        root.Subcommands.Add(Demo());
        root.Subcommands.Add(Simple("down", "Stop guests in order, then everything else; the data stays", (data, ct) => new DownCommand(Time, new Progress(Time)).RunAsync(data, ct)));
        root.Subcommands.Add(Status());
        root.Subcommands.Add(Simple("kubeconfig", "Print the path of the admin kubeconfig", (data, _) =>
        {
            var folder = DataDirectory.Find(data);
            if (folder is null || !File.Exists(folder.Kubeconfig)) throw new UserErrorException($"there is no platform in {DataDirectory.Resolve(data)}", "Start it with dovetail up.");
            Console.WriteLine(folder.Kubeconfig);
            return Task.FromResult(0);
        }));
        root.Subcommands.Add(Image());
        root.Subcommands.Add(Hidden("supervise", (data, ct) => PartHost.SuperviseAsync(data, ct)));
        root.Subcommands.Add(Hidden("server", (data, ct) => ServerProcess.RunAsync(data, ct)));
        root.Subcommands.Add(Hidden("node", (data, ct) => NodeProcess.RunAsync(data, ct)));
        root.Subcommands.Add(Hidden("packages", async (_, ct) =>
        {
            await HostPackages.EnsureAsync(forImages: false, new Progress(Time), ct);
            await HostPackages.EnsureAsync(forImages: true, new Progress(Time), ct);
            return 0;
        }));
        root.Subcommands.Add(Hidden("kvm-probe", (_, _) => Task.FromResult(NodeProcess.ProbeKvm())));
        return root;
    }

    /// <summary>Runs and turns what the user can mend into two lines and exit code 1.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (UserErrorException e)
        {
            await Console.Error.WriteLineAsync($"dovetail: {e.Message}");
            await Console.Error.WriteLineAsync(e.NextStep);
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }

    private static Command Up()
    {
        var (command, read) = UpLike("up", "Install what is missing and start the platform");
        command.SetAction((parse, ct) => GuardAsync(async () =>
        {
            var options = read(parse);
            if (options.Foreground) return await ForegroundCommand.RunAsync(options, Root, Time, ct);
            var progress = new Progress(Time);
            var data = await new UpCommand(Time, progress).RunAsync(options, ct);
            await Kubectl.EnsureAsync(data, Root, progress, ct);
            return 0;
        }));
        return command;
    }

    private static Command Demo()
    {
        var (command, read) = UpLike("demo", "Start the platform and boot a virtual machine on it");
        command.SetAction((parse, ct) => GuardAsync(async () =>
        {
            await new DemoCommand(Root, Time, new Progress(Time)).RunAsync(read(parse), ct);
            return 0;
        }));
        return command;
    }

    private static (Command Command, Func<ParseResult, UpOptions> Read) UpLike(string name, string description)
    {
        var listen = new Option<string?>("--listen") { Description = "Where the API server listens (ADDRESS:PORT); 127.0.0.1:6443 unless given" };
        var config = new Option<string?>("--config") { Description = "A DovetailConfiguration file; docs/configuration.md" };
        var tokens = new Option<string?>("--token-file") { Description = "Bearer tokens, CSV: token,user,uid,\"group1,group2\"" };
        var noNode = new Option<bool>("--no-node") { Description = "Only the API: no virtual machines on this machine, no root needed" };
        var foreground = new Option<bool>("--foreground") { Description = "Stay, and stop the platform at Ctrl+C" };
        var command = new Command(name, description) { listen, config, tokens, noNode, foreground };
        return (command, parse => new UpOptions(parse.GetValue(DataDir), parse.GetValue(listen), parse.GetValue(config), parse.GetValue(tokens), parse.GetValue(noNode), parse.GetValue(foreground)));
    }

    private static Command Status()
    {
        var output = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "json");
        var command = new Command("status", "Health, versions, addresses and process ids") { output };
        command.SetAction((parse, ct) => GuardAsync(() => new StatusCommand(Time).RunAsync(parse.GetValue(DataDir), parse.GetValue(output) == "json", ct)));
        return command;
    }

    private static Command Image()
    {
        var images = new ImageCommand(Root, new Progress(Time));
        var wanted = new Argument<string>("name") { Description = "The recipe's name" };
        var optional = new Argument<string?>("name") { Description = "The recipe's name; every built image unless given", Arity = ArgumentArity.ZeroOrOne };
        var build = new Command("build", "Build an image from Debian packages") { wanted };
        build.SetAction((parse, ct) => GuardAsync(async () =>
        {
            await images.BuildAsync(parse.GetValue(DataDir), parse.GetRequiredValue(wanted), ct);
            return 0;
        }));
        var push = new Command("push", "Put images into the platform's registry") { optional };
        push.SetAction((parse, ct) => GuardAsync(async () =>
        {
            await images.PushAsync(parse.GetValue(DataDir), parse.GetValue(optional), ct);
            return 0;
        }));
        var list = Simple("list", "The recipes, and whether they are built", (data, _) =>
        {
            images.List(data);
            return Task.FromResult(0);
        });
        return new Command("image", "Guest and container images of the platform's own") { list, build, push };
    }

    private static Command Simple(string name, string description, Func<string?, CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description);
        command.SetAction((parse, ct) => GuardAsync(() => run(parse.GetValue(DataDir), ct)));
        return command;
    }

    private static Command Hidden(string name, Func<string?, CancellationToken, Task<int>> run)
    {
        var command = Simple(name, "One part of the platform; up starts it", run);
        command.Hidden = true;
        return command;
    }
}
