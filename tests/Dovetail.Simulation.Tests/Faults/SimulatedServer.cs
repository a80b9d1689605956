using Dovetail.ApiServer.Registry;
using Dovetail.Simulation.Tests.Kernel;

namespace Dovetail.Simulation.Tests.Faults;

/// <summary>
/// The API server's process. When it dies, everything that it had in memory is gone and every connection to it breaks; the next one starts from what the store kept.
/// </summary>
/// <param name="loop">The world.</param>
/// <param name="open">Opens a registry over the store, as a server that starts does.</param>
public sealed class SimulatedServer(SimulationLoop loop, Func<ObjectRegistry> open)
{
    /// <summary>The server that runs now; null while there is none.</summary>
    public ServerLife? Life { get; private set; }

    public void Start() => Life = new ServerLife(new SimulatedProcess(loop, "api-server"), open(), new CancellationTokenSource());

    public void Kill()
    {
        if (Life is not { } life) return;
        Life = null;
        life.Process.Kill();
        life.Death.Cancel();
    }
}

/// <summary>One run of the server.</summary>
/// <param name="Process">Where it works.</param>
/// <param name="Registry">Its memory.</param>
/// <param name="Death">Cancelled when it dies: its clients' connections break.</param>
public sealed record ServerLife(SimulatedProcess Process, ObjectRegistry Registry, CancellationTokenSource Death);
