using Dovetail.Node.Sandbox;

namespace Dovetail.Node.Tests.Sandbox;

/// <summary>Runs the filter in a small interpreter of classic BPF.</summary>
public sealed class SeccompFilterTests
{
    private const uint Eperm = SeccompFilter.RefusePermission;

    public static TheoryData<string, uint> Refused()
    {
        var data = new TheoryData<string, uint>();
        foreach (var (name, number) in SeccompFilter.Refused) data.Add(name, number);
        return data;
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_listed_call_is_refused(string name, uint number) => Run(number).ShouldBe(Eperm, name);

    [Fact]
    public void Every_other_call_is_allowed()
    {
        var special = SeccompFilter.Refused.Select(r => r.Number).Append(435u).ToHashSet();
        for (var number = 0u; number < 600; number++)
        {
            if (!special.Contains(number)) Run(number).ShouldBe(SeccompFilter.Allow, $"call {number}");
        }
    }

    [Fact]
    public void Clone3_is_told_not_to_exist() => Run(435).ShouldBe(SeccompFilter.RefuseNotImplemented);

    [Fact]
    public void A_new_user_namespace_is_refused_and_a_thread_is_not()
    {
        Run(56, argument0: 0x10000000).ShouldBe(Eperm);
        Run(56, argument0: 0x10000000 | 0x20000).ShouldBe(Eperm);
        Run(56, argument0: 0x3d0f00).ShouldBe(SeccompFilter.Allow);
    }

    [Fact]
    public void Typing_into_a_terminal_is_refused_and_other_ioctls_are_not()
    {
        Run(16, argument1: 0x5412).ShouldBe(Eperm);
        Run(16, argument1: 0x541C).ShouldBe(Eperm);
        Run(16, argument1: 0x5413).ShouldBe(SeccompFilter.Allow);
    }

    [Fact]
    public void Another_architecture_ends_the_process() => Run(1, architecture: 0x40000003).ShouldBe(SeccompFilter.KillProcess);

    [Fact]
    public void The_x32_numbers_are_refused() => Run(0x40000000 | 1).ShouldBe(Eperm);

    [Fact]
    public void Every_jump_stays_in_the_program_and_every_path_returns()
    {
        var program = SeccompFilter.Program();
        program.Length.ShouldBeLessThan(4096);
        for (var i = 0; i < program.Length; i++)
        {
            if (program[i].Code is SeccompFilter.Return) continue;
            (i + 1 + Math.Max(program[i].JumpTrue, program[i].JumpFalse)).ShouldBeLessThan(program.Length);
        }
    }

    private static uint Run(uint number, uint argument0 = 0, uint argument1 = 0, uint architecture = SeccompFilter.ArchitectureX64)
    {
        var data = new Dictionary<uint, uint>
        {
            [SeccompFilter.OffsetNumber] = number, [SeccompFilter.OffsetArchitecture] = architecture,
            [SeccompFilter.OffsetArgument0] = argument0, [SeccompFilter.OffsetArgument1] = argument1,
        };
        var program = SeccompFilter.Program();
        var accumulator = 0u;
        for (var at = 0; ; at++)
        {
            var (code, jumpTrue, jumpFalse, k) = program[at];
            switch (code)
            {
                case SeccompFilter.LoadWord:
                    accumulator = data[k];
                    break;
                case SeccompFilter.Return:
                    return k;
                case SeccompFilter.JumpEqual:
                    at += accumulator == k ? jumpTrue : jumpFalse;
                    break;
                case SeccompFilter.JumpGreaterOrEqual:
                    at += accumulator >= k ? jumpTrue : jumpFalse;
                    break;
                case SeccompFilter.JumpSet:
                    at += (accumulator & k) != 0 ? jumpTrue : jumpFalse;
                    break;
                default:
                    throw new InvalidOperationException($"instruction {code:x}");
            }
        }
    }
}
