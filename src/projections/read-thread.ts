import { Worker } from 'node:worker_threads';
import { SearchTooLong } from '../read-model/search.js';
import type { ReadAnswer, ReadQuestion } from './read.worker.js';
import { workerFile } from '../event-store/sqlite/worker-file.js';

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** A thread for questions that would keep others waiting; started by the first of them. */
export class ReadThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #asked = 0;

  ask(unit: string, path: string, request: unknown): Promise<unknown> {
    this.#worker ??= this.#start();
    const question: ReadQuestion = { number: (this.#asked += 1), unit, path, request };
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.number, { resolve, reject });
      this.#worker?.postMessage(question);
    });
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(workerFile(import.meta.url, 'read.worker'));
    worker.on('message', (answer: ReadAnswer) => this.#receive(answer));
    worker.on('error', (error) => this.#failAll(worker, error));
    worker.on('exit', () => this.#failAll(worker, new Error('the reading thread has ended')));
    worker.unref();
    return worker;
  }

  #receive(answer: ReadAnswer): void {
    const waiting = this.#waiting.get(answer.number);
    this.#waiting.delete(answer.number);
    if (!('failure' in answer)) return waiting?.resolve(answer.result);
    const { name, message } = answer.failure;
    waiting?.reject(name === 'SearchTooLong' ? new SearchTooLong(message) : new Error(message));
  }

  #failAll(worker: Worker, error: Error): void {
    // An error is followed by an exit, by which time another thread may be at work.
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
