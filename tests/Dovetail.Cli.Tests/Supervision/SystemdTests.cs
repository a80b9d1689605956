using System.Diagnostics;
using Dovetail.Cli.Supervision;

namespace Dovetail.Cli.Tests.Supervision;

public sealed class SystemdTests
{
    [Fact]
    public void Paths_with_what_means_something_to_systemd_reach_the_program_as_they_are() =>
        Systemd.UnitText("/opt/my dovetail/bin", "/srv/100% \"sure\" $HOME")
            .ShouldContain("\nExecStart=\"/opt/my dovetail/bin\" supervise --data-dir \"/srv/100%% \\\"sure\\\" $$HOME\"\n");

    [Fact]
    public async Task Systemd_finds_no_fault_with_the_unit()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd is not installed");
        var folder = Directory.CreateTempSubdirectory("dovetail-unit-").FullName;
        try
        {
            var unit = Path.Combine(folder, "dovetail-0a1b2c.service");
            await File.WriteAllTextAsync(unit, Systemd.UnitText("/bin/true", "/srv/a folder"), TestContext.Current.CancellationToken);
            using var analyze = Process.Start(new ProcessStartInfo("systemd-analyze", ["verify", "--man=no", "--recursive-errors=no", unit]) { RedirectStandardError = true })!;
            var said = await analyze.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await analyze.WaitForExitAsync(TestContext.Current.CancellationToken);
            said.Split('\n').Where(line => line.Contains("dovetail-0a1b2c", StringComparison.Ordinal)).ShouldBeEmpty();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
