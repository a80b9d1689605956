using System.CommandLine;
using Dovetail.Cli.Backup;
using Dovetail.Cli.Commands;
using Dovetail.Cli.Export;
using Dovetail.Cli.History;
using Dovetail.Cli.Hosting;
using Dovetail.Cli.Plan;
using Dovetail.Cli.Platform;
using Dovetail.Cli.Supervision;
using Dovetail.Cli.Why;

if (VirtctlCommand.Read(args) is { } virtctl)
{
    return await Doors.GuardAsync(() =>
    {
        VirtctlCommand.Replace(virtctl.DataDir, virtctl.Words);
        return Task.FromResult(0);
    });
}

var line = Doors.Build().Parse(args);
// Whoever is asked to end ends in order, however long that takes: a foreground platform stops its guests first.
var ended = await line.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(10) });
return line.Errors.Count > 0 ? ExitCodes.Usage : ended;

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
        root.Subcommands.Add(Why());
        root.Subcommands.Add(Plan());
        root.Subcommands.Add(History());
        root.Subcommands.Add(Export());
        root.Subcommands.Add(Backup());
        root.Subcommands.Add(Restore());
        root.Subcommands.Add(Hidden("supervise", (data, ct) => PartHost.SuperviseAsync(data, ct)));
        root.Subcommands.Add(Hidden("server", (data, ct) => ServerProcess.RunAsync(data, ct)));
        root.Subcommands.Add(Hidden("node", (data, ct) => NodeProcess.RunAsync(data, ct)));
        root.Subcommands.Add(Hidden("packages", async (_, ct) =>
        {
            await HostPackages.EnsureAsync(HostPackages.Tests, new Progress(Time), ct);
            return 0;
        }));
        root.Subcommands.Add(Hidden("kvm-probe", (_, _) => Task.FromResult(NodeProcess.ProbeKvm())));
        return root;
    }

    /// <summary>Runs and turns what the user can mend into two lines and an exit code.</summary>
    public static async Task<int> GuardAsync(Func<Task<int>> run, int failed = ExitCodes.Failed)
    {
        try
        {
            return await run();
        }
        catch (UserErrorException e)
        {
            await Console.Error.WriteLineAsync($"dovetail: {e.Message}");
            await Console.Error.WriteLineAsync(e.NextStep);
            return failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk, a folder that is read-only or another user's: the system's own words name it.
            await Console.Error.WriteLineAsync($"dovetail: {e.Message}");
            return failed;
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
            var (options, progress) = (read(parse), new Progress(Time));
            var data = await new UpCommand(Root, Time, progress).RunAsync(options, ct);
            return options.Foreground ? await ForegroundCommand.StayAsync(data, Time, progress, ct) : 0;
        }));
        return command;
    }

    private static Command Demo()
    {
        var (command, read) = UpLike("demo", "Start the platform and boot a virtual machine on it");
        command.SetAction((parse, ct) => GuardAsync(async () =>
        {
            var (options, progress) = (read(parse), new Progress(Time));
            var data = await new DemoCommand(Root, Time, progress).RunAsync(options, ct);
            return options.Foreground ? await ForegroundCommand.StayAsync(data, Time, progress, ct) : 0;
        }));
        return command;
    }

    private static (Command Command, Func<ParseResult, UpOptions> Read) UpLike(string name, string description)
    {
        var listen = new Option<string?>("--listen") { Description = "Where the API server listens (ADDRESS:PORT); 127.0.0.1:6443 unless given" };
        var config = new Option<string?>("--config") { Description = "A DovetailConfiguration file; docs/configuration.md" };
        var tokens = new Option<string?>("--token-file") { Description = "Bearer tokens, CSV: token,user,uid,\"group1,group2\"" };
        var noNode = new Option<bool>("--no-node") { Description = "Only the API: no virtual machines on this machine, no root needed; false takes it back" };
        var range = new Option<string?>("--service-cluster-ip-range") { Description = "Addresses of services (CIDR); 10.96.0.0/12 unless given" };
        var modes = new Option<string?>("--authorization-mode") { Description = "Who decides, with commas between: Node, RBAC, AlwaysAllow, AlwaysDeny; Node,RBAC unless given" };
        var plugins = new Option<string?>("--disable-admission-plugins") { Description = "Admission plugins that do not run, by upstream's names, with commas between" };
        var authorities = new Option<string?>("--client-ca-file") { Description = "Authorities (PEM) whose client certificates count besides the platform's own" };
        var foreground = new Option<bool>("--foreground") { Description = "Stay, and stop the platform at Ctrl+C" };
        var command = new Command(name, description) { listen, config, tokens, noNode, range, modes, plugins, authorities, foreground };
        return (command, parse => new UpOptions(
            parse.GetValue(DataDir),
            parse.GetValue(listen),
            parse.GetValue(config),
            parse.GetValue(tokens),
            parse.GetResult(noNode) is { Implicit: false } ? parse.GetValue(noNode) : null,
            new ApiFlags(parse.GetValue(range), parse.GetValue(modes), parse.GetValue(plugins), parse.GetValue(authorities)),
            parse.GetValue(foreground)));
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

    private static Command Why()
    {
        var kind = new Argument<string>("kind") { Description = "vm, vmi, pod, node, pvc or dv" };
        var name = new Argument<string>("name") { Description = "The object's name" };
        var (ns, kubeconfig) = (new Option<string?>("--namespace", "-n") { Description = "The object's namespace" }, Kubeconfig());
        var output = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "json");
        var command = new Command("why", "Why an object is as it is: what blocks it, by which rule, and what to do (exit code 0: as asked, 3: on its way, 4: blocked)") { kind, name, ns, kubeconfig, output };
        command.SetAction((parse, ct) => GuardAsync(() => new WhyCommand(Time, Console.Out).RunAsync(
            new WhyOptions(parse.GetValue(DataDir), parse.GetValue(kubeconfig), parse.GetRequiredValue(kind), parse.GetRequiredValue(name), parse.GetValue(ns), parse.GetValue(output) == "json"), ct)));
        return command;
    }

    private static Command Plan()
    {
        var file = new Option<string>("--filename", "-f") { Description = "A manifest of virtual machines; - reads standard input", Required = true };
        var (ns, kubeconfig) = (new Option<string?>("--namespace", "-n") { Description = "Where those go that name no namespace" }, Kubeconfig());
        var output = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "json");
        var command = new Command("plan", "Which fields of a virtual machine a file would change, and whether each applies live, needs a restart or is refused (exit code 0: none, 1: changes, 2: refused or an error)") { file, ns, kubeconfig, output };
        command.SetAction((parse, ct) => GuardAsync(
            () => new PlanCommand(Time, Console.In, Console.Out).RunAsync(
                new PlanOptions(parse.GetValue(DataDir), parse.GetValue(kubeconfig), parse.GetRequiredValue(file), parse.GetValue(ns), parse.GetValue(output) == "json"), ct),
            PlanCommand.Error));
        return command;
    }

    private static Command History()
    {
        var kind = new Argument<string?>("kind") { Description = "As kubectl names it: deployments, deploy, VirtualMachine, …", Arity = ArgumentArity.ZeroOrOne };
        var name = new Argument<string?>("name") { Description = "The object's name", Arity = ArgumentArity.ZeroOrOne };
        var (ns, kubeconfig) = (new Option<string?>("--namespace", "-n") { Description = "The object's namespace" }, Kubeconfig());
        var from = new Option<string?>("--from") { Description = "Only what differs since this moment: a revision, a time, or how long ago (10m, 2h, 1d)" };
        var to = new Option<string?>("--to") { Description = "… up to this one; now unless given" };
        var all = new Option<bool>("--all") { Description = "Of every object, between two moments" };
        var output = new Option<string>("--output", "-o") { Description = "text, json or yaml", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "json", "yaml");
        var command = new Command("history", "Which manager changed which field of an object when, or what differs between two moments") { kind, name, ns, kubeconfig, from, to, all, output };
        command.Validators.Add(found =>
        {
            if (!found.GetValue(all) && found.GetValue(name) is null) found.AddError("name an object: KIND NAME, or --all");
        });
        command.SetAction((parse, ct) => GuardAsync(() => new HistoryCommand(Time, Console.Out).RunAsync(
            new HistoryOptions(
                parse.GetValue(DataDir), parse.GetValue(kubeconfig), parse.GetValue(kind) ?? "", parse.GetValue(name) ?? "", parse.GetValue(ns), parse.GetValue(from), parse.GetValue(to), parse.GetValue(all), parse.GetRequiredValue(output)),
            ct)));
        return command;
    }

    private static Command Export()
    {
        var (ns, kubeconfig) = (new Option<string?>("--namespace", "-n") { Description = "Only what is in this namespace" }, Kubeconfig());
        var everything = new Option<bool>("--all-namespaces", "-A") { Description = "Everything, which is what is done without -n" };
        var kinds = new Option<string[]>("--kinds") { Description = "Only these kinds, with commas between", CustomParser = found => [.. found.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries))] };
        var command = new Command("export", "Write every object as YAML that a real cluster takes") { ns, everything, kinds, kubeconfig };
        command.SetAction((parse, ct) => GuardAsync(() => new ExportCommand(Console.Out).RunAsync(
            new ExportOptions(parse.GetValue(DataDir), parse.GetValue(kubeconfig), parse.GetValue(everything) ? null : parse.GetValue(ns), [.. parse.GetValue(kinds) ?? []]), ct)));
        return command;
    }

    private static Command Backup()
    {
        var file = new Argument<string>("file") { Description = "Where it goes" };
        var command = new Command("backup", "Copy all objects with their history, certificates and settings into a file, while the platform runs") { file };
        command.SetAction((parse, ct) => GuardAsync(() => new BackupCommand(Time, Console.Out).BackupAsync(parse.GetValue(DataDir), parse.GetRequiredValue(file), ct)));
        return command;
    }

    private static Command Restore()
    {
        var file = new Argument<string>("file") { Description = "What dovetail backup wrote" };
        var replace = new Option<bool>("--replace") { Description = "Put it in the place of a platform that is there, which is kept under another name" };
        var command = new Command("restore", "Make a data folder from a backup") { file, replace };
        command.SetAction((parse, ct) => GuardAsync(() => new BackupCommand(Time, Console.Out).RestoreAsync(parse.GetValue(DataDir), parse.GetRequiredValue(file), parse.GetValue(replace), ct)));
        return command;
    }

    private static Option<string?> Kubeconfig() => new("--kubeconfig") { Description = "Another API server's; the platform's own unless given" };

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
