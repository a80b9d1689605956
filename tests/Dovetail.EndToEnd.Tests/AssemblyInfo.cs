using System.Runtime.Versioning;
using Dovetail.EndToEnd.Tests.Platform;

[assembly: SupportedOSPlatform("linux")]

// One platform serves every test; a test that kills its parts must not meet another one's guest.
[assembly: AssemblyFixture(typeof(PlatformFixture))]
[assembly: CollectionBehavior(DisableTestParallelization = true)]
