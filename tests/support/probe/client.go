// What one would write in Go for this job, for tools/bench to compare with: 64 goroutines ask, one writes answers and tasks
// to SQLite in transactions. Usage: client IDS.csv BASE_URL LEDGER IN_FLIGHT
package main

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	_ "github.com/mattn/go-sqlite3"
)

const batchMax = 500

type answer struct {
	task string
	body []byte
	read struct {
		Data struct {
			Status     string `json:"status"`
			FinishTime int64  `json:"finish_time"`
			Data       struct {
				Usage struct {
					Duration int64 `json:"duration"`
				} `json:"usage"`
			} `json:"data"`
		} `json:"data"`
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func ask(client *http.Client, base, task string) *answer {
	request, err := http.NewRequest("GET", base+"/v1/video/generations/"+task, nil)
	check(err)
	request.Header.Set("Authorization", "Bearer probe")
	response, err := client.Do(request)
	check(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		log.Fatalf("%s: HTTP %d", task, response.StatusCode)
	}
	one := &answer{task: task}
	one.body, err = io.ReadAll(response.Body)
	check(err)
	check(json.Unmarshal(one.body, &one.read))
	return one
}

// Stores the first answer and those that wait, at most batchMax, in one transaction.
func store(db *sql.DB, first *answer, answers <-chan *answer) {
	transaction, err := db.Begin()
	check(err)
	task, err := transaction.Prepare("INSERT INTO task (task_id, state, finished, seconds) VALUES (?, ?, ?, ?)")
	check(err)
	snapshot, err := transaction.Prepare("INSERT INTO snapshot (task_id, body) VALUES (?, ?)")
	check(err)
	one := first
	for count := 1; ; count++ {
		data := one.read.Data
		_, err = task.Exec(one.task, data.Status, data.FinishTime, data.Data.Usage.Duration)
		check(err)
		_, err = snapshot.Exec(one.task, one.body)
		check(err)
		if count == batchMax {
			break
		}
		select {
		case next, more := <-answers:
			if more {
				one = next
				continue
			}
		default:
		}
		break
	}
	check(transaction.Commit())
}

func main() {
	if len(os.Args) != 5 {
		log.Fatal("usage: client IDS.csv BASE_URL LEDGER IN_FLIGHT")
	}
	inFlight, err := strconv.Atoi(os.Args[4])
	check(err)
	db, err := sql.Open("sqlite3", fmt.Sprintf("file:%s?_journal_mode=WAL&_synchronous=FULL", os.Args[3]))
	check(err)
	_, err = db.Exec("CREATE TABLE task (task_id TEXT PRIMARY KEY, state TEXT, finished INTEGER, seconds INTEGER);" +
		"CREATE TABLE snapshot (id INTEGER PRIMARY KEY, task_id TEXT, body BLOB)")
	check(err)
	file, err := os.Open(os.Args[1])
	check(err)
	tasks, answers := make(chan string, inFlight), make(chan *answer, 4096)
	go func() {
		lines := bufio.NewScanner(file)
		lines.Scan() // the header
		for lines.Scan() {
			tasks <- strings.SplitN(lines.Text(), ",", 2)[0]
		}
		check(lines.Err())
		close(tasks)
	}()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: inFlight}}
	var asking sync.WaitGroup
	for i := 0; i < inFlight; i++ {
		asking.Add(1)
		go func() {
			defer asking.Done()
			for task := range tasks {
				answers <- ask(client, os.Args[2], task)
			}
		}()
	}
	go func() { asking.Wait(); close(answers) }()
	for one := range answers {
		store(db, one, answers)
	}
}
