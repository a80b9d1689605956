using Dovetail.Cli.Commands;

namespace Dovetail.Cli.Tests.Commands;

public sealed class VirtctlCommandTests
{
    [Theory]
    [InlineData("virtctl console vm -n demo", null, "console vm -n demo")]
    [InlineData("virtctl --data-dir /d console vm", "/d", "console vm")]
    [InlineData("--data-dir /d virtctl console vm", "/d", "console vm")]
    [InlineData("virtctl --data-dir=/d version", "/d", "version")]
    [InlineData("--data-dir=/d virtctl version", "/d", "version")]
    [InlineData("virtctl", null, "")]
    public void The_folder_may_stand_on_either_side_and_the_rest_is_virtctls(string line, string? folder, string rest)
    {
        var read = VirtctlCommand.Read(line.Split(' ')).ShouldNotBeNull();
        (read.DataDir, string.Join(' ', read.Words)).ShouldBe((folder, rest));
    }

    [Theory]
    [InlineData("up")]
    [InlineData("--data-dir virtctl status")]
    public void Other_commands_are_not_taken_for_it(string line) => VirtctlCommand.Read(line.Split(' ')).ShouldBeNull();
}
