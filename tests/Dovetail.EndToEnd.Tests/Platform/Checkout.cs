namespace Dovetail.EndToEnd.Tests.Platform;

/// <summary>The programs under test: the built ones, or the compiler's output when <c>./dovetail build</c> has not run.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    public static string Program { get; } = FindProgram();

    public static string Virtctl => Path.Combine(Path.GetDirectoryName(Program)!, "virtctl");

    /// <summary>Why nothing can run here; null when it can.</summary>
    public static string? Obstacle =>
        !Environment.IsPrivilegedProcess ? "these tests start virtual machines and need root"
        : !File.Exists(Program) ? "there is no program to test; run ./dovetail build"
        : !File.Exists(Virtctl) ? $"{Virtctl} is missing; run ./dovetail build"
        : null;

    /// <summary>Upstream's example manifests, or null where they are not at hand.</summary>
    public static string? Examples
    {
        get
        {
            var data = Environment.GetEnvironmentVariable("DOVETAIL_REFERENCE") ?? Path.Combine(Root, "..", "shared", "reference", "data");
            var examples = Path.Combine(data, "kubevirt", "examples");
            return Directory.Exists(examples) ? examples : null;
        }
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Dovetail.slnx"))) folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests do not run from a checkout");
        return folder;
    }

    private static string FindProgram()
    {
        var built = Path.Combine(Root, "artifacts", "bin", "dovetail");
        return File.Exists(built) ? built : Path.Combine(Root, "src", "Dovetail.Cli", "bin", "Debug", "net10.0", "dovetail");
    }
}
