using Dovetail.LauncherApi;

namespace Dovetail.Launcher;

/// <summary>Where things are; the defaults are those of the sandbox (<see cref="SandboxLayout"/>). Flags: <c>--sockets DIR --libvirt-uri URI --runtime-home DIR --cache-home DIR --logs DIR</c>.</summary>
internal sealed record LauncherOptions
{
    public string Sockets { get; init; } = SandboxLayout.Sockets;

    public string LibvirtUri { get; init; } = SandboxLayout.LibvirtUri;

    public string RuntimeHome { get; init; } = SandboxLayout.RuntimeHome;

    public string CacheHome { get; init; } = SandboxLayout.CacheHome;

    public string Logs { get; init; } = SandboxLayout.Logs;

    public string Socket => Path.Combine(Sockets, LauncherProtocol.SocketName);

    /// <summary>libvirt's log of each domain: how it was started, what QEMU said, how it ended.</summary>
    public string QemuLogs => Path.Combine(CacheHome, "libvirt/qemu/log");

    /// <exception cref="ArgumentException">A flag is not known or has no value.</exception>
    public static LauncherOptions Parse(string[] args)
    {
        var options = new LauncherOptions();
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length) throw new ArgumentException($"{args[i]} needs a value");
            var value = args[i + 1];
            options = args[i] switch
            {
                "--sockets" => options with { Sockets = value },
                "--libvirt-uri" => options with { LibvirtUri = value },
                "--runtime-home" => options with { RuntimeHome = value },
                "--cache-home" => options with { CacheHome = value },
                "--logs" => options with { Logs = value },
                _ => throw new ArgumentException($"unknown flag {args[i]}"),
            };
        }

        return options;
    }
}
