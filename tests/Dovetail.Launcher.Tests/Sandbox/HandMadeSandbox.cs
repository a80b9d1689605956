using System.Diagnostics;
using Dovetail.LauncherApi;

namespace Dovetail.Launcher.Tests.Sandbox;

/// <summary>A sandbox as the node agent makes it: an unprivileged user, bwrap, init, virt-launcher and a private libvirtd, without a network or in a given network namespace. Needs root.</summary>
internal sealed class HandMadeSandbox : IAsyncDisposable
{
    private const int Uid = 200_777;

    private static readonly Lazy<string> Init = new(BuildInit);
    private readonly Process process;
    private readonly HashSet<int> killed = [];

    private HandMadeSandbox(string folder, Process process) => (Folder, this.process) = (folder, process);

    public string Folder { get; }

    public string Sockets => Path.Combine(Folder, "sockets");

    public string SocketPath => Path.Combine(Sockets, LauncherProtocol.SocketName);

    public string EphemeralDisks => Path.Combine(Folder, "ephemeral");

    public string Private => Path.Combine(Folder, "private");

    public string Logs => Path.Combine(Folder, "log");

    public Task Ended => process.WaitForExitAsync();

    public static void SkipUnlessPossible()
    {
        if (Environment.UserName != "root") Assert.Skip("needs root");
        foreach (var tool in (string[])["/usr/sbin/libvirtd", "/usr/bin/qemu-system-x86_64", "/usr/bin/bwrap", "/usr/bin/gcc"])
        {
            if (!File.Exists(tool)) Assert.Skip($"needs {tool}");
        }
    }

    public static HandMadeSandbox Start(string containerDisks, string? netns = null)
    {
        var folder = Directory.CreateTempSubdirectory("dt-sandbox-").FullName;
        foreach (var name in (string[])["etc/libvirt", "sockets", "private", "ephemeral", "state/libvirt", "cache", "log", "bin"]) Directory.CreateDirectory(Path.Combine(folder, name));
        File.WriteAllText(Path.Combine(folder, "etc/passwd"), $"root:x:0:0::/:/usr/sbin/nologin\nvm:x:{Uid}:{Uid}::/var/lib/kubevirt:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n");
        File.WriteAllText(Path.Combine(folder, "etc/group"), $"root:x:0:\nvm:x:{Uid}:\nnogroup:x:65534:\n");
        File.WriteAllText(Path.Combine(folder, "etc/libvirt/libvirtd.conf"), SandboxLayout.LibvirtdConfText(Guid.NewGuid()));
        File.WriteAllText(Path.Combine(folder, "state/libvirt/qemu.conf"), SandboxLayout.QemuConfText);
        File.Copy("/etc/ld.so.cache", Path.Combine(folder, "etc/ld.so.cache"));
        foreach (var name in (string[])["sockets", "private", "ephemeral", "state", "cache", "log"]) Run("chown", "-R", $"{Uid}:{Uid}", Path.Combine(folder, name));
        Run("chmod", "711", folder);
        string[] network = ["--unshare-net"];
        if (netns is not null)
        {
            Run("mknod", folder + "/tun", "c", "10", "200");
            Run("chown", $"{Uid}:{Uid}", folder + "/tun");
            network = ["--dev-bind", folder + "/tun", "/dev/net/tun"];
        }

        string[] arguments =
        [
            "setpriv", "--reuid", $"{Uid}", "--regid", $"{Uid}", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--no-new-privs",
            "bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--disable-userns", "--as-pid-1", "--die-with-parent", "--new-session",
            "--cap-drop", "ALL", "--clearenv", "--hostname", "vm-test", "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/sbin", "/sbin", "--symlink", "usr/lib", "/lib",
            "--symlink", "usr/lib64", "/lib64", "--ro-bind", folder + "/etc", "/etc", "--proc", "/proc", "--dev", "/dev", .. network, "--tmpfs", "/run", "--symlink", "../run", "/var/run", "--tmpfs", "/tmp",
            "--ro-bind", "/sys/devices/system", "/sys/devices/system", "--dir", "/run/libvirt",
            "--bind", folder + "/sockets", "/run/kubevirt/sockets", "--bind", folder + "/private", "/run/kubevirt-private", "--bind", folder + "/ephemeral", "/run/kubevirt-ephemeral-disks",
            "--ro-bind", containerDisks, "/run/kubevirt/container-disks", "--bind", folder + "/state", SandboxLayout.StateHome, "--bind", folder + "/cache", SandboxLayout.CacheHome,
            "--bind", folder + "/log", SandboxLayout.Logs, "--ro-bind", Init.Value, SandboxLayout.Init, .. Launcher, "--setenv", "DOTNET_ROOT", Path.GetDirectoryName(File.ResolveLinkTarget("/usr/bin/dotnet", true)?.FullName ?? "/usr/share/dotnet/dotnet")!,
            .. SandboxLayout.Environment.SelectMany(v => (string[])["--setenv", v.Name, v.Value]), "--chdir", "/", .. SandboxLayout.InitCommand,
        ];
        if (netns is not null) arguments = ["ip", "netns", "exec", netns, .. arguments];
        return new(folder, Process.Start(new ProcessStartInfo(arguments[0], arguments[1..]))!);
    }

    /// <summary>Process ids, as seen from outside, of the sandbox's processes with that name; without those that <see cref="Kill"/> has ended, which may still be on their way out.</summary>
    public IReadOnlyList<int> Pids(string name) =>
        [.. Directory.EnumerateDirectories("/proc").Select(d => int.TryParse(Path.GetFileName(d), out var pid) ? pid : 0).Where(pid => pid > 0 && !killed.Contains(pid) && IsMine(pid, name))];

    /// <summary>SIGKILL to the sandbox's processes with these names, all at once.</summary>
    public void Kill(params string[] names)
    {
        int[] pids = [.. names.SelectMany(Pids)];
        if (pids.Length < names.Length) throw new InvalidOperationException($"of {string.Join(", ", names)} only {pids.Length} processes are there");
        killed.UnionWith(pids);
        Run("kill", ["-KILL", .. pids.Select(pid => pid.ToString(System.Globalization.CultureInfo.InvariantCulture))]);
    }

    /// <summary>SIGSTOP or SIGCONT to the sandbox's processes with that name; those that end in that moment do not matter.</summary>
    public void Freeze(string name, bool frozen)
    {
        foreach (var pid in Pids(name)) Process.Start("kill", [frozen ? "-STOP" : "-CONT", pid.ToString(System.Globalization.CultureInfo.InvariantCulture)])!.WaitForExit();
    }

    /// <summary>SIGTERM to the sandbox's init, which is bwrap's only child.</summary>
    public void Terminate() => Run("kill", "-TERM", Pids("init").Single().ToString(System.Globalization.CultureInfo.InvariantCulture));

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    public static void Run(string program, params string[] arguments)
    {
        using var run = Process.Start(program, arguments);
        run.WaitForExit();
        if (run.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} exited with {run.ExitCode}");
    }

    private bool IsMine(int pid, string name)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/comm").Trim() == name && File.ReadAllText($"/proc/{pid}/mountinfo").Contains(Path.GetFileName(Folder), StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The program that DOVETAIL_LAUNCHER names (the NativeAOT one that ships), else the one that was built beside the tests.</summary>
    private static string[] Launcher => Environment.GetEnvironmentVariable("DOVETAIL_LAUNCHER") is { Length: > 0 } program
        ? ["--ro-bind", program, SandboxLayout.Launcher]
        : ["--ro-bind", AppContext.BaseDirectory, "/dovetail/bin", "--symlink", "bin/virt-launcher", SandboxLayout.Launcher];

    private static string BuildInit()
    {
        var source = Path.Combine(AppContext.BaseDirectory, "init.c");
        var program = Path.Combine(Path.GetTempPath(), $"dt-init-{Environment.ProcessId}");
        Run("gcc", "-static", "-Os", "-Wall", "-Wextra", "-Werror", "-o", program, source);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(program);
        return program;
    }
}
